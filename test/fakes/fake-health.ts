import { type HealthReport, HealthState } from "../../src/engine/health-state.ts";
import { fakeModel } from "./fake-reranker.ts";

/** Returns the health of a server that serves the fake's model, but for what the test says. */
export function createFakeHealth(different: Partial<HealthReport> = {}): HealthState {
  return new HealthState({
    status: "ok",
    model: fakeModel,
    device: "cpu",
    workers: 2,
    threads: 1,
    dtype: "int8",
    maxLength: 512,
    activation: "sigmoid",
    version: "0.0.0",
    reason: "",
    ...different,
  });
}
