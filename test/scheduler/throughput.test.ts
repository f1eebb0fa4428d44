import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createThroughput } from "../../src/scheduler/throughput.ts";

suite("createThroughput()", () => {
  test("knows nothing before the first batch, and its speed after it", () => {
    const throughput = createThroughput();
    assert.equal(throughput.tokensPerSecond, undefined);

    throughput.record(1_000, 500);

    assert.equal(throughput.tokensPerSecond, 2_000);
  });

  test("follows a model that has become slower within a few batches", () => {
    const throughput = createThroughput();
    for (let batch = 0; batch < 100; batch += 1) throughput.record(1_000, 100);

    for (let batch = 0; batch < 10; batch += 1) throughput.record(1_000, 2_000);

    const speed = throughput.tokensPerSecond ?? 0;
    assert(speed > 500 && speed < 1_000, `${speed}`);
  });

  test("keeps most of what it knew when one batch took as long as a freeze", () => {
    const throughput = createThroughput();
    for (let batch = 0; batch < 100; batch += 1) throughput.record(1_000, 100);

    throughput.record(40, 60_000);

    const speed = throughput.tokensPerSecond ?? 0;
    assert(speed > 5_000, `${speed}`);
  });
});
