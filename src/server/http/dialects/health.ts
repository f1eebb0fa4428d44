import { type HealthState, isServing } from "../../../engine/health-state.ts";
import type { JsonAnswer } from "../send-json.ts";

/**
 * Returns the handler of `GET /health`: 200 while requests are answered, else 503. Whatever is not
 * `ok` has its reason.
 */
export function createHealthHandler(health: HealthState): () => Promise<JsonAnswer> {
  return async () => {
    const { status, model, device, dtype, maxLength, activation, version, reason } = health.report;
    const { workers, threads } = health.report;
    const machine = { device, workers, threads };
    const served = { dtype, max_length: maxLength, activation, version };
    const body = { status, model, ...machine, ...served };
    return {
      status: isServing(health.report) ? 200 : 503,
      body: status === "ok" ? body : { ...body, reason },
    };
  };
}

/**
 * Returns the handler of `GET /v2/health/ready` of the Open Inference Protocol, which KServe's tools
 * ask: 200 while requests are answered, else 503.
 */
export function createReadyHandler(health: HealthState): () => Promise<JsonAnswer> {
  return async () => {
    const ready = isServing(health.report);
    return { status: ready ? 200 : 503, body: { ready } };
  };
}

/** Answers `GET /v2/health/live` of the Open Inference Protocol: the process answers. */
export async function answerLive(): Promise<JsonAnswer> {
  return { status: 200, body: { live: true } };
}
