import { RerankClientError } from "../client/client-error.ts";
import { createRerankClient } from "../client/create-rerank-client.ts";
import { clientOptionsFromEnv } from "../client/environment.ts";
import type { ServerHealth } from "../client/rerank-types.ts";
import type { HealthConfig } from "../config/health-config.ts";
import { isServing } from "../server/health-state.ts";
import type { ProcessContext } from "./run.ts";
import { writeOutput } from "./write-output.ts";

/** What is known of a server that did not answer. */
interface Unreachable {
  readonly status: "unreachable";
  readonly reason: string;
}

/**
 * Asks a server for its health and prints it: a line on a terminal, else JSON. Returns whether the
 * server serves. A server that cannot be reached, or not in time, is an answer too.
 */
export async function health(config: HealthConfig, context: ProcessContext): Promise<boolean> {
  const { stdout } = context;
  const report = await askHealth(config, context);
  const asJson = config.json || stdout.isTTY !== true;
  await writeOutput(
    stdout,
    `${asJson ? JSON.stringify(jsonOf(report)) : lineOf(report, config)}\n`,
  );
  return isServing(report);
}

async function askHealth(
  { url, timeoutMs }: HealthConfig,
  { env, stop }: ProcessContext,
): Promise<ServerHealth | Unreachable> {
  const { apiKey } = clientOptionsFromEnv(env);
  const client = createRerankClient({ url, apiKey, timeoutMs });
  try {
    return await client.health({ signal: stop });
  } catch (error) {
    if (!(error instanceof RerankClientError)) throw error;
    return { status: "unreachable", reason: `${error.code}: ${error.message}` };
  } finally {
    await client.close();
  }
}

function isServer(report: ServerHealth | Unreachable): report is ServerHealth {
  return "model" in report;
}

function jsonOf(report: ServerHealth | Unreachable): object {
  if (!isServer(report)) return report;
  const { status, model, device, dtype, maxLength, version, reason } = report;
  const fields = { status, model, device, dtype, max_length: maxLength, version };
  return reason ? { ...fields, reason } : fields;
}

function lineOf(report: ServerHealth | Unreachable, { url }: HealthConfig): string {
  const { status, reason } = report;
  if (!isServer(report)) return `${status}: ${url} (${reason})`;
  const { model, device, dtype, maxLength, version } = report;
  const where = device ? `on ${device}, ` : "";
  const what = `${model} (${where}${dtype}, ${maxLength} tokens), rerankd ${version}`;
  return `${status}: ${what}${reason ? `: ${reason}` : ""}`;
}
