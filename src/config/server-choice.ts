import { modelOfVariable } from "../../client/src/call/model-variable.ts";
import { parseAddresses } from "../../client/src/call/server-address.ts";
import type { ParsedOptions } from "./options/parse-options.ts";

/** Paths of the PEM files of a client. */
export interface ClientTlsPaths {
  /** Authorities that may have signed the server's certificate; undefined: those of Node. */
  readonly caPath: string | undefined;
  /** undefined: the client shows no certificate. */
  readonly certPath: string | undefined;
  readonly keyPath: string | undefined;
}

/** A server to ask, or several. */
export interface ServerChoice {
  /** What `--url` says; checked. */
  readonly url: string;
  /** The model to ask for, by one of its names; undefined: the one that the server takes for none. */
  readonly model: string | undefined;
  /** undefined: none of its files was named, or the server speaks no TLS. */
  readonly tls: ClientTlsPaths | undefined;
}

/** Returns the server that a command is to ask; undefined: none was named. */
export function readServerChoice(parsed: ParsedOptions): ServerChoice | undefined {
  const url = parsed.optionalText("url");
  if (url === undefined) return undefined;
  const secure = parseAddresses(url).every((address) => address.secure);
  return { url, model: modelOf(parsed), tls: secure ? readClientTls(parsed) : undefined };
}

/** Variables may be of a server on this machine: they are read as the client library reads them. */
function modelOf({ list, nameOf }: ParsedOptions): string | undefined {
  const [model] = list("model-id");
  switch (nameOf("model-id")) {
    case "--model-id":
      return model;
    case "RERANKER_MODEL":
      return modelOfVariable(model);
    default:
      return undefined;
  }
}

/** Returns the files of the client's side of TLS; undefined if none was named. */
export function readClientTls(parsed: ParsedOptions): ClientTlsPaths | undefined {
  const caPath = parsed.optionalText("tls-ca");
  const certPath = parsed.optionalText("tls-client-cert");
  const keyPath = parsed.optionalText("tls-client-key");
  return caPath || certPath || keyPath ? { caPath, certPath, keyPath } : undefined;
}

/** Returns what is wrong with the files of the client's side of TLS. */
export function problemsOfClientTls({ isSet }: ParsedOptions): readonly string[] {
  if (isSet("tls-client-cert") === isSet("tls-client-key")) return [];
  return ["--tls-client-cert and --tls-client-key go together"];
}
