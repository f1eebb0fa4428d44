import type { HealthState } from "../../health-state.ts";
import type { JsonAnswer } from "../send-json.ts";

/** Returns the handler of `GET /health`: 200 while requests are answered, else 503 with the reason. */
export function createHealthHandler(health: HealthState): () => Promise<JsonAnswer> {
  return async () => {
    const { status, model, device, dtype, maxLength, version, reason } = health.report;
    const body = { status, model, device, dtype, max_length: maxLength, version };
    return status === "ok" ? { status: 200, body } : { status: 503, body: { ...body, reason } };
  };
}
