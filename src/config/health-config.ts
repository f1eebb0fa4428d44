import { isIPv6 } from "node:net";
import { resolve } from "node:path";
import { parseAddresses } from "../../client/src/call/server-address.ts";
import {
  type Environment,
  type ParsedOptions,
  parseOptions,
  UsageError,
} from "./options/parse-options.ts";
import type { TlsPaths } from "./security-config.ts";
import { readTlsPaths } from "./security-config.ts";
import type { Parsed } from "./serve-config.ts";
import {
  type ClientTlsPaths,
  problemsOfClientTls,
  readClientTls,
  readServerChoice,
} from "./server-choice.ts";

/** The configuration of `rerankd health`, checked and frozen. */
export interface HealthConfig {
  /** The servers to ask, each on its own; at least one. */
  readonly urls: readonly string[];
  /** The client's side of TLS; undefined: not set. */
  readonly clientTls: ClientTlsPaths | undefined;
  /**
   * Where no server was named: the TLS of the one of this machine. Nothing secret is sent to it, so
   * its certificate, which may be for any name, is not checked. undefined: it speaks none.
   */
  readonly ownTls: TlsPaths | undefined;
  /** Whether a server was named, and an API key may be for it. */
  readonly isNamed: boolean;
  readonly timeoutMs: number;
  /** Whether to print JSON on a terminal too. */
  readonly json: boolean;
}

/** Returns the arguments after `serve` of a process; undefined if the process is not a server. */
export type ReadServerArguments = (pid: number) => readonly string[] | undefined;

/** Wildcard addresses, and the loopback address to ask in their place. */
const loopbackOf: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/**
 * Reads flags and environment of `rerankd health`. Without a URL it is the server of this machine,
 * on the Unix socket or the address that `serve` would take from the same flags and environment; or
 * with `--pid`, from that process's own. Throws UsageError with every problem at once.
 */
export function parseHealthConfig(
  argv: readonly string[],
  env: Environment,
  readServerArguments: ReadServerArguments = () => undefined,
): Parsed<HealthConfig> {
  const parsed = parseOptions("health", argv, env);
  if (parsed.help) return { help: true };
  const pid = parsed.optionalNumber("pid");
  const problems = [...parsed.problems, ...problemsOfClientTls(parsed)];
  for (const word of parsed.positionals) {
    problems.push(`\`health\` takes no argument, got: \`${word}\``);
  }
  if (pid !== undefined && parsed.nameOf("url") === "--url" && parsed.isSet("url")) {
    problems.push("--pid and --url exclude each other");
  }
  if (problems.length > 0) throw new UsageError(problems);

  // A `RERANKER_URL` that callers share with the server is not meant for a check of that process.
  const named = pid === undefined ? readServerChoice(parsed) : undefined;
  const words = pid === undefined ? undefined : readServerArguments(pid);
  const own = words === undefined ? parsed : parseOptions("serve", words, env);
  return {
    help: false,
    config: Object.freeze({
      urls: named === undefined ? [urlOf(own)] : urlsOf(named.url),
      clientTls: named === undefined ? readClientTls(parsed) : named.tls,
      ownTls: named === undefined ? readTlsPaths(own) : undefined,
      isNamed: named !== undefined,
      timeoutMs: parsed.integer("timeout-ms"),
      json: parsed.flag("json"),
    }),
    notes: parsed.notes,
  };
}

function urlsOf(url: string): readonly string[] {
  return parseAddresses(url).map(({ baseUrl, socketPath }) =>
    socketPath === undefined ? baseUrl : `unix:${socketPath}`,
  );
}

/** Returns where a server with these options listens. */
function urlOf(own: ParsedOptions): string {
  const unixSocket = own.optionalText("unix-socket");
  if (unixSocket !== undefined) return `unix:${resolve(unixSocket)}`;
  const asked = own.text("host").replace(/^\[(.*)\]$/, "$1");
  const host = loopbackOf[asked] ?? asked;
  const scheme = own.isSet("tls-cert") ? "https" : "http";
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${own.integer("port")}`;
}
