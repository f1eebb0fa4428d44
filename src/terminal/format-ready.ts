import { fitColumns } from "./rank-table.ts";

/** The facts about a ready server that a terminal shows. */
export interface ReadyServer {
  readonly version: string;
  /** Where it listens; a path is that of a Unix socket. */
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
  /** The certificate's path, and whether clients need one too; undefined: cleartext. */
  readonly tls: { readonly certPath: string; readonly needsClientCert: boolean } | undefined;
  readonly needsApiKey: boolean;
  /** At least one. */
  readonly models: readonly ReadyModel[];
  /** From the start to now, in milliseconds. */
  readonly readyMs: number;
}

/** The facts about one of its models. */
export interface ReadyModel {
  /** The name that requests may ask for. */
  readonly model: string;
  /** How the model was found, and the folder of its files. */
  readonly source: string;
  readonly directory: string;
  readonly dtype: string;
  readonly device: string;
  readonly workers: number;
  /** Threads of each worker. */
  readonly threads: number;
  /** Longest pair in tokens. */
  readonly maxLength: number;
}

/** A longer path is cut. */
const maxPathColumns = 1000;

const bold = "\u001B[1m";
const underlined = "\u001B[4m";
const plain = "\u001B[0m";

/** Wildcard addresses, and the loopback address to show in their place. */
const loopbackOf: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

const example = '{"query":"red fruit","documents":["a blue bus","an apple"]}';

/**
 * Returns what a terminal shows once a server is ready: what was loaded, from where and how fast,
 * the address as terminals make it clickable, and a command to try it with.
 */
export function formatReady(server: ReadyServer, color: boolean): string {
  const { version, models, readyMs } = server;
  const paint = (code: string, text: string) => (color ? `${code}${text}${plain}` : text);
  const lines = [
    "",
    `  ${paint(bold, `rerankd ${version}`)} is ready, after ${(readyMs / 1000).toFixed(1)} s`,
    "",
    ...models.flatMap(linesOf),
    `  address  ${paint(underlined, urlOf(server) ?? socketOf(server))}`,
    `  to try   ${curlOf(server)}`,
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function linesOf(ready: ReadyModel): string[] {
  const { model, source, directory, dtype, maxLength } = ready;
  return [
    `  model    ${model} (${source}): ${dtype} on ${whereOf(ready)}, pairs of up to ${maxLength} tokens`,
    `  files    ${fitColumns(directory, maxPathColumns)}`,
  ];
}

function whereOf({ device, workers, threads }: ReadyModel): string {
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const each = device === "cpu" ? count(threads, "thread") : "";
  if (workers === 1) return [device, each].filter(Boolean).join(", ");
  return `${device}, ${count(workers, "worker")}${each && ` of ${each}`}`;
}

function urlOf({ address, tls }: ReadyServer): string | undefined {
  if ("path" in address) return undefined;
  const host = loopbackOf[address.host] ?? address.host;
  const name = host.includes(":") ? `[${host}]` : host;
  return `${tls === undefined ? "http" : "https"}://${name}:${address.port}/`;
}

function socketOf({ address }: ReadyServer): string {
  return "path" in address ? `unix:${address.path}` : "";
}

/** Returns a command of one line that a POSIX shell runs as it is. */
function curlOf(server: ReadyServer): string {
  const { address, tls, needsApiKey } = server;
  const words = ["curl -s"];
  if ("path" in address) words.push(`--unix-socket ${quote(address.path)}`);
  if (tls) words.push(`--cacert ${quote(tls.certPath)}`);
  if (tls?.needsClientCert) words.push("--cert client.pem --key client-key.pem");
  words.push(`${urlOf(server) ?? "http://localhost/"}rerank`);
  if (needsApiKey) words.push('-H "Authorization: Bearer $RERANKER_API_KEY"');
  words.push(`-H 'Content-Type: application/json' -d ${quote(example)}`);
  return words.join(" ");
}

function quote(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
