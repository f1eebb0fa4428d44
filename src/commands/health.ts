import { setTimeout } from "node:timers/promises";
import type { ClientTlsOptions, ServerHealth } from "../../client/src/index.ts";
import {
  clientOptionsFromEnv,
  createRerankClient,
  RerankClientError,
} from "../../client/src/index.ts";
import type { HealthConfig } from "../config/health-config.ts";
import { isServing } from "../engine/health-state.ts";
import { healthBodyOf } from "../server/http/dialects/health.ts";
import { readClientTls } from "./client-tls.ts";
import { writeOutput } from "./files/write-output.ts";
import type { ProcessContext } from "./process-context.ts";

/** The report for a server that did not answer. */
interface Unreachable {
  readonly status: "unreachable";
  readonly reason: string;
}

/** How long to wait before a server that is starting is asked again. */
const pauseMs = 100;

/**
 * Asks each server for its health and prints it: a line on a terminal, else JSON. Returns whether
 * all of them serve. One that is starting is asked again until the time is over. A server that cannot
 * be reached, or not in time, is an answer too. Rejects with
 * a StartupError if a file of TLS cannot be read.
 */
export async function health(config: HealthConfig, context: ProcessContext): Promise<boolean> {
  const { stdout } = context;
  const tls = await tlsOf(config);
  const { urls } = config;
  const reports = await Promise.all(urls.map((url) => askHealth(url, tls, config, context)));
  const asJson = config.json || stdout.isTTY !== true;
  const lines = reports.map((report, at) => {
    const url = urls[at] ?? "";
    if (!asJson) return urls.length > 1 ? `${url}: ${lineOf(report, url)}` : lineOf(report, url);
    return JSON.stringify(urls.length > 1 ? { url, ...jsonOf(report) } : jsonOf(report));
  });
  await writeOutput(stdout, lines.map((line) => `${line}\n`).join(""));
  return reports.every((report) => isServing(report));
}

async function askHealth(
  url: string,
  tls: ClientTlsOptions | undefined,
  config: HealthConfig,
  { env, stop }: ProcessContext,
): Promise<ServerHealth | Unreachable> {
  const { timeoutMs, isNamed } = config;
  // Health needs no key; a proxy in front of a server that was named may ask for one.
  const apiKey = isNamed ? clientOptionsFromEnv(env).apiKey : undefined;
  const client = createRerankClient({ url: [url], apiKey, timeoutMs, tls });
  const endMs = performance.now() + timeoutMs;
  try {
    for (;;) {
      const leftMs = Math.max(1, endMs - performance.now());
      const report = await client.health({ signal: stop, timeoutMs: leftMs });
      if (report.status !== "starting" || leftMs < 2 * pauseMs) return report;
      await setTimeout(pauseMs, undefined, { signal: stop });
    }
  } catch (error) {
    if (!(error instanceof RerankClientError)) throw error;
    const hint = hintOf(config);
    return { status: "unreachable", reason: `${error.code}: ${error.message}${hint}` };
  } finally {
    await client.close();
  }
}

/** A server that does not take a client's certificate says nothing of why it closes. */
function hintOf({ ownTls, clientTls }: HealthConfig): string {
  if (ownTls?.clientCaPath === undefined || clientTls?.certPath !== undefined) return "";
  return "; if it does not take its own certificate from a client, give another with --tls-client-cert";
}

/**
 * Returns how to ask over TLS. The server of this machine is not asked for its name, which need not
 * be that of loopback, and gets its own certificate shown where it wants one of its clients.
 */
async function tlsOf({ clientTls, ownTls }: HealthConfig): Promise<ClientTlsOptions | undefined> {
  if (ownTls === undefined) return clientTls && (await readClientTls(clientTls));
  const { certPath, keyPath, clientCaPath } = ownTls;
  const shown = clientCaPath === undefined ? {} : { certPath, keyPath };
  const { cert, key } = await readClientTls({
    caPath: undefined,
    certPath: clientTls?.certPath ?? shown.certPath,
    keyPath: clientTls?.keyPath ?? shown.keyPath,
  });
  return { cert, key, rejectUnauthorized: false };
}

function isServer(report: ServerHealth | Unreachable): report is ServerHealth {
  return "model" in report;
}

/** Returns what `GET /health` answers. */
function jsonOf(report: ServerHealth | Unreachable): object {
  return isServer(report) ? healthBodyOf(report, report.models) : report;
}

function lineOf(report: ServerHealth | Unreachable, url: string): string {
  const { status, reason } = report;
  if (!isServer(report)) return `${status}: ${url} (${reason})`;
  const { model, device, dtype, maxLength, version } = report;
  const where = device ? `on ${device}, ` : "";
  const what = `${model} (${where}${dtype}, ${maxLength} tokens), rerankd ${version}`;
  return `${status}: ${what}${reason ? `: ${reason}` : ""}`;
}
