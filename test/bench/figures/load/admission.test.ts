import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { idleMsWithin, shapesUpTo } from "../../../../bench/figures/load/admission.ts";
import { createRandom } from "../../../../bench/random.ts";

suite("shapesUpTo()", () => {
  test("spreads shapes evenly over their orders of magnitude, the extremes among them", () => {
    const largest = { documents: 1000, tokens: 500 };

    const shapes = shapesUpTo(largest, 1000, createRandom(1));

    assert.equal(shapes.length, 1000);
    const has = (documents: number, tokens: number): boolean =>
      shapes.some((shape) => shape.documents === documents && shape.tokens === tokens);
    assert(has(1, 5) && has(1000, 500));
    const small = shapes.filter(({ documents }) => documents <= 31).length;
    assert(small > 400 && small < 600, `${small}`);
    assert(shapes.every(({ documents, tokens }) => documents <= 1000 && tokens <= 500));
  });
});

suite("idleMsWithin()", () => {
  test("is what the busy times leave of a window", () => {
    const busy = [
      { startMs: 0, endMs: 10 },
      { startMs: 20, endMs: 30 },
      { startMs: 45, endMs: 90 },
    ];
    assert.equal(idleMsWithin({ startMs: 5, endMs: 50 }, busy), 25);
    assert.equal(idleMsWithin({ startMs: 91, endMs: 95 }, busy), 4);
    assert.equal(idleMsWithin({ startMs: 46, endMs: 90 }, busy), 0);
  });
});
