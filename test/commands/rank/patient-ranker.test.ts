import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Ranker } from "../../../src/commands/open-ranker.ts";
import { isOfOneList, patientRanker } from "../../../src/commands/rank/patient-ranker.ts";
import { RerankError, type RerankErrorCode } from "../../../src/errors.ts";

const request = { query: "q", documents: [] };
const { signal } = new AbortController();
const patience = { firstWaitMs: 1, longestWaitMs: 2, totalMs: 4 };

/** Fails so often, then answers. */
function failing(times: number, error: RerankError) {
  let asked = 0;
  const ranker: Ranker = {
    async rerank() {
      asked += 1;
      if (asked <= times) throw error;
      return { model: "m", results: [], queryTruncated: false };
    },
    close: async () => {},
  };
  return { ranker, asked: () => asked };
}

suite("patientRanker()", () => {
  for (const error of [
    new RerankError("unavailable", "loading"),
    new RerankError("resource_exhausted", "full", { retryAfterMs: 1 }),
    new RerankError("deadline_exceeded", "late"),
  ]) {
    test(`asks again after ${error.code}`, async () => {
      const { ranker, asked } = failing(2, error);
      await patientRanker(ranker, patience).rerank(request, { signal });
      assert.equal(asked(), 3);
    });
  }

  test("asks once where the answer would be the same", async () => {
    const { ranker, asked } = failing(9, new RerankError("resource_exhausted", "too large"));
    await assert.rejects(patientRanker(ranker, patience).rerank(request, { signal }), /too large/);
    assert.equal(asked(), 1);
  });

  test("gives up in the end, with the last error", async () => {
    const { ranker, asked } = failing(99, new RerankError("unavailable", "loading"));
    await assert.rejects(patientRanker(ranker, patience).rerank(request, { signal }), /loading/);
    assert(asked() > 2 && asked() < 9);
  });

  test("stops waiting when it is told to", async () => {
    const stop = new AbortController();
    const { ranker } = failing(99, new RerankError("unavailable", "loading"));
    const slow = { firstWaitMs: 60_000, longestWaitMs: 60_000, totalMs: 60_000 };
    const asking = patientRanker(ranker, slow).rerank(request, { signal: stop.signal });
    setTimeout(() => stop.abort(), 5);

    await assert.rejects(asking, { name: "AbortError" });
  });
});

suite("isOfOneList()", () => {
  test("tells a list that cannot be ranked from a ranker that cannot rank", () => {
    const isFor = (code: RerankErrorCode, retryAfterMs?: number) =>
      isOfOneList(new RerankError(code, "m", retryAfterMs === undefined ? {} : { retryAfterMs }));

    assert.deepEqual(
      (["invalid_argument", "internal", "resource_exhausted"] as const).map((code) => isFor(code)),
      [true, true, true],
    );
    assert.deepEqual(
      (["unavailable", "unauthenticated", "cancelled", "deadline_exceeded"] as const).map((code) =>
        isFor(code),
      ),
      [false, false, false, false],
    );
    assert.equal(isFor("resource_exhausted", 1), false);
    const unknownModel = new RerankError("not_found", "m");
    assert.deepEqual(
      [isOfOneList(unknownModel, "of the list"), isOfOneList(unknownModel), isFor("not_found")],
      [true, false, false],
    );
    assert.equal(isOfOneList(new TypeError("bug")), false);
  });
});
