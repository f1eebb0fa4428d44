import { type HealthReport, isServing } from "../../../engine/health-state.ts";
import type { ServedModels } from "../../models/served-models.ts";
import type { JsonAnswer } from "../send-json.ts";

/**
 * Returns the handler of `GET /health`: 200 while requests are answered, else 503. Whatever is not
 * `ok` has its reason. Several models are listed, each with its own health.
 */
export function createHealthHandler(models: ServedModels): () => Promise<JsonAnswer> {
  return async () => {
    const { report } = models.health;
    const each = models.all.map(({ names: [name, ...aliases], health }) => ({
      ...health.report,
      name,
      aliases,
    }));
    return { status: isServing(report) ? 200 : 503, body: healthBodyOf(report, each) };
  };
}

/** What a server says of itself or of one of its models. */
type Facts = Omit<HealthReport, "status" | "model" | "version"> & { readonly status: string };

/** Returns the body of `GET /health`: of the server, and of its models where they are several. */
export function healthBodyOf(
  server: Facts & { readonly model: string; readonly version: string },
  models: readonly (Facts & { readonly name: string; readonly aliases: readonly string[] })[],
): object {
  const listed = models.map((model) => ({
    name: model.name,
    aliases: model.aliases,
    status: model.status,
    ...factsOf(model),
    ...reasonOf(model),
  }));
  return {
    status: server.status,
    model: server.model,
    ...factsOf(server),
    version: server.version,
    ...reasonOf(server),
    ...(listed.length > 1 && { models: listed }),
  };
}

/**
 * Returns the handler of `GET /v2/health/ready` of the Open Inference Protocol, which KServe's tools
 * ask: 200 while requests are answered, else 503.
 */
export function createReadyHandler({ health }: ServedModels): () => Promise<JsonAnswer> {
  return async () => {
    const ready = isServing(health.report);
    return { status: ready ? 200 : 503, body: { ready } };
  };
}

/** Answers `GET /v2/health/live` of the Open Inference Protocol: the process answers. */
export async function answerLive(): Promise<JsonAnswer> {
  return { status: 200, body: { live: true } };
}

function factsOf({ device, workers, threads, dtype, maxLength, activation }: Facts) {
  return { device, workers, threads, dtype, max_length: maxLength, activation };
}

function reasonOf({ status, reason }: Facts) {
  return status === "ok" ? {} : { reason };
}
