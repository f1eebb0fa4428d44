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
    const { status, model, version } = report;
    const listed = models.all.map(({ names: [name, ...aliases], health }) => ({
      name,
      aliases,
      status: health.report.status,
      ...factsOf(health.report),
      ...reasonOf(health.report),
    }));
    return {
      status: isServing(report) ? 200 : 503,
      body: {
        status,
        model,
        ...factsOf(report),
        version,
        ...reasonOf(report),
        ...(listed.length > 1 && { models: listed }),
      },
    };
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

function factsOf({ device, workers, threads, dtype, maxLength, activation }: HealthReport) {
  return { device, workers, threads, dtype, max_length: maxLength, activation };
}

function reasonOf({ status, reason }: HealthReport) {
  return status === "ok" ? {} : { reason };
}
