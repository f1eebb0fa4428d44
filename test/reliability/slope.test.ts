import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { slopePerMinute } from "./slope.ts";

suite("slopePerMinute()", () => {
  test("finds a slope under noise and outliers, and none where there is none", () => {
    const minutes = Array.from({ length: 60 }, (_, index) => index / 6);
    const noise = (index: number) => (index % 7) - 3 + (index === 40 ? 500 : 0);
    const rising = minutes.map((at, index) => ({
      minutes: at,
      value: 100 + 3 * at + noise(index),
    }));
    const flat = minutes.map((at, index) => ({ minutes: at, value: 100 + noise(index) }));

    assert(Math.abs(slopePerMinute(rising) - 3) < 0.3);
    assert(Math.abs(slopePerMinute(flat)) < 0.3);
  });
});
