import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";

import { truncateLongestFirst } from "../../../src/tokenizer/truncate-pair.ts";
import {
  maxWindowQueryTokens,
  type WindowPlan,
  windowsOf,
} from "../../../src/tokenizer/windows/window-plan.ts";

const plans: fc.Arbitrary<WindowPlan> = fc.record({
  queryTokens: fc.nat(1_500),
  budgetTokens: fc.oneof(fc.nat(20), fc.nat(2_000)),
  overlapTokens: fc.oneof(fc.constant(80), fc.nat(300)),
  maxDocumentTokens: fc.oneof(
    fc.constant(Number.POSITIVE_INFINITY),
    fc.integer({ min: 1, max: 4_000 }),
  ),
  direction: fc.constantFrom("left", "right"),
});
const lengths = fc.oneof(fc.nat(50), fc.nat(5_000));

/** Calls `check` with many documents and plans, and the tokens of the document that are read. */
function forAll(
  check: (
    windows: ReturnType<typeof windowsOf>,
    facts: { plan: WindowPlan; documentTokens: number; readTokens: number },
  ) => void,
): void {
  fc.assert(
    fc.property(lengths, plans, (documentTokens, plan) => {
      const readTokens = Math.min(documentTokens, plan.maxDocumentTokens);
      check(windowsOf(documentTokens, plan), { plan, documentTokens, readTokens });
    }),
    { numRuns: 2_000 },
  );
}

const plan: WindowPlan = {
  queryTokens: 10,
  budgetTokens: 508,
  overlapTokens: 80,
  maxDocumentTokens: Number.POSITIVE_INFINITY,
  direction: "right",
};

suite("windowsOf()", () => {
  test("covers every token that is read, in order and without a gap", () => {
    forAll(({ ranges }, { plan: { budgetTokens, direction }, documentTokens, readTokens }) => {
      if (budgetTokens === 0) return;
      assert.equal(ranges[0]?.start, direction === "left" ? documentTokens - readTokens : 0);
      assert.equal((ranges.at(-1)?.end ?? 0) - (ranges[0]?.start ?? 0), readTokens);
      for (const [i, { start, end }] of ranges.entries()) {
        const before = ranges[i - 1];
        if (!before) continue;
        assert(start > before.start && end > before.end, "goes on");
        assert(start <= before.end, "leaves no gap");
      }
    });
  });

  test("makes no pair longer than the budget, and only the last window shorter", () => {
    forAll(({ queryTokens, ranges }, { plan: { budgetTokens } }) => {
      for (const [i, { start, end }] of ranges.entries()) {
        assert(queryTokens + end - start <= budgetTokens);
        if (i < ranges.length - 1) assert.equal(queryTokens + end - start, budgetTokens);
      }
    });
  });

  test("shares as many tokens as asked with the window before, or half a window", () => {
    forAll(({ ranges }, { plan: { overlapTokens } }) => {
      const windowTokens = (ranges[0]?.end ?? 0) - (ranges[0]?.start ?? 0);
      const expected = Math.min(overlapTokens, Math.floor(windowTokens / 2));
      for (const [i, { start }] of ranges.entries()) {
        if (i > 0) assert.equal((ranges[i - 1]?.end ?? 0) - start, expected);
      }
    });
  });

  test("makes fewer than two windows for each window's length of text", () => {
    forAll(({ ranges }, { readTokens }) => {
      const windowTokens = (ranges[0]?.end ?? 0) - (ranges[0]?.start ?? 0);
      assert(ranges.length === 1 || ranges.length < (2 * readTokens) / windowTokens);
    });
  });

  test("is one window where longest_first leaves the document whole, beside the same query", () => {
    forAll(({ queryTokens, ranges }, { plan: { queryTokens: all, budgetTokens }, readTokens }) => {
      const lengthsOfAll = { queryTokens: all, documentTokens: readTokens };
      const kept = truncateLongestFirst(lengthsOfAll, budgetTokens);
      if (kept.documentTokens < readTokens) return;
      assert.equal(ranges.length, 1);
      assert.equal(queryTokens, kept.queryTokens);
    });
  });

  test("keeps half of the budget or two overlaps for the document, and 512 tokens for the query", () => {
    forAll(({ queryTokens, ranges }, { plan: { budgetTokens, overlapTokens } }) => {
      if (ranges.length < 2) return;
      assert(queryTokens <= maxWindowQueryTokens);
      const windowTokens = budgetTokens - queryTokens;
      assert(windowTokens > 2 * overlapTokens || windowTokens >= budgetTokens / 2);
    });
  });

  test("reads nothing where there is no space, and still ends", () => {
    const { queryTokens, ranges } = windowsOf(1_000, { ...plan, budgetTokens: 0 });

    assert.deepEqual([queryTokens, ranges], [0, [{ start: 0, end: 0 }]]);
  });

  test("cuts a document as the contract says", () => {
    const { queryTokens, ranges } = windowsOf(1_000, plan);

    assert.equal(queryTokens, 10);
    assert.deepEqual(ranges, [
      { start: 0, end: 498 },
      { start: 418, end: 916 },
      { start: 836, end: 1_000 },
    ]);
  });

  test("cuts a query that leaves too little space to half of the budget", () => {
    assert.equal(windowsOf(1_000, { ...plan, queryTokens: 347 }).queryTokens, 347);
    assert.equal(windowsOf(1_000, { ...plan, queryTokens: 348 }).queryTokens, 254);
  });
});
