import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { restartDelayMs } from "../src/restart-policy.ts";

const policy = { firstDelayMs: 100, maxDelayMs: 1_000, stableAfterMs: 0 };

suite("restartDelayMs()", () => {
  test("doubles up to the cap and stays there", () => {
    const delays = [0, 1, 2, 3, 4, 5, 2_000].map((failures) => restartDelayMs(failures, policy));
    assert.deepEqual(delays, [100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });
});
