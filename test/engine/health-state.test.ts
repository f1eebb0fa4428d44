import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  conditionOf,
  type EngineState,
  type HealthReport,
  HealthState,
} from "../../src/engine/health-state.ts";

function createStarting() {
  const health = new HealthState({
    status: "starting",
    model: "m",
    device: "",
    workers: 0,
    threads: 0,
    dtype: "int8",
    maxLength: 512,
    activation: "sigmoid",
    version: "0.0.0",
    reason: "the model is loading",
  });
  const heard: HealthReport["status"][] = [];
  health.subscribe(({ status }) => heard.push(status));
  return { health, heard };
}

suite("the health", () => {
  test("tells of changes, and not of what stays as it is", () => {
    const { health, heard } = createStarting();

    health.update({ status: "starting", reason: "the model is loading" });
    health.update({ status: "ok", reason: "" });
    health.update({ status: "ok", device: "cpu" });
    health.update({ device: "cpu" });

    assert.deepEqual(heard, ["ok", "ok"]);
  });

  test("stays with draining and its reason", () => {
    const { health, heard } = createStarting();

    health.update({ status: "draining", reason: "the server is stopping" });
    health.update({ status: "ok", reason: "" });

    assert.deepEqual(
      [health.report.status, health.report.reason],
      ["draining", "the server is stopping"],
    );
    assert.deepEqual(heard, ["draining"]);
  });

  test("calls whoever waits for it to serve once", () => {
    const { health } = createStarting();
    let served = 0;
    health.onceServing(() => {
      served += 1;
    });

    health.update({ status: "restarting", reason: "a crash" });
    assert.equal(served, 0);
    health.update({ status: "degraded", reason: "slow" });
    health.update({ status: "ok", reason: "" });
    health.onceServing(() => {
      served += 10;
    });

    assert.equal(served, 11);
  });
});

suite("conditionOf()", () => {
  const running: EngineState = {
    opened: true,
    workers: ["ok"],
    degraded: undefined,
    tokenizer: "ok",
  };
  const states: readonly (readonly [Partial<EngineState>, string])[] = [
    [{}, "ok"],
    [{ opened: false }, "starting"],
    [{ workers: ["starting"] }, "starting"],
    [{ workers: ["restarting"], degraded: "slow" }, "restarting"],
    [{ tokenizer: "restarting", degraded: "slow" }, "restarting"],
    [{ degraded: "slow" }, "degraded"],
    [{ workers: ["closed"] }, "draining"],
    [{ workers: ["ok", "starting"] }, "ok"],
    [{ workers: ["ok", "restarting"] }, "degraded"],
    [{ workers: ["restarting", "ok"], tokenizer: "restarting" }, "restarting"],
    [{ workers: ["restarting", "starting"] }, "restarting"],
    [{ workers: ["restarting", "restarting"] }, "restarting"],
    [{ workers: ["closed", "closed"] }, "draining"],
  ];
  for (const [state, status] of states) {
    test(`is ${status} for ${JSON.stringify(state)}`, () => {
      assert.equal(conditionOf({ ...running, ...state }).status, status);
    });
  }

  test("says how many of several workers are away", () => {
    const workers = ["ok", "restarting", "ok"] as const;

    assert.equal(
      conditionOf({ ...running, workers }).reason,
      "1 of 3 inference workers is being restarted",
    );
  });
});
