import { type HealthState, isServing } from "../../../engine/health-state.ts";
import type { JsonAnswer } from "../send-json.ts";

/**
 * Returns the handler of `GET /health`: 200 while requests are answered, else 503. Whatever is not
 * `ok` has its reason.
 */
export function createHealthHandler(health: HealthState): () => Promise<JsonAnswer> {
  return async () => {
    const { status, model, device, dtype, maxLength, activation, version, reason } = health.report;
    const body = { status, model, device, dtype, max_length: maxLength, activation, version };
    return {
      status: isServing(health.report) ? 200 : 503,
      body: status === "ok" ? body : { ...body, reason },
    };
  };
}
