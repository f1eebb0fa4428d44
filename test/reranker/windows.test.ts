import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { defaultRequestLimits } from "../../src/reranker/check-request.ts";
import type { PairScorerOptions } from "../../src/reranker/pair-scorer.ts";
import { createReranker } from "../../src/reranker/reranker.ts";
import { createScoreCache } from "../../src/reranker/score-cache.ts";
import { createScheduler } from "../../src/scheduler/scheduler.ts";
import { createFakeBackend } from "../fakes/fake-backend.ts";
import { fakeTokenizer } from "../fakes/fake-tokenizer.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const never = { signal: new AbortController().signal };

/** 100 tokens of the query and the document in each pair, after the one special token. */
const maxLength = 101;

/** A reranker whose logit of a pair is the sum of its tokens; a token is a UTF-16 unit. */
function setUp(options: Partial<PairScorerOptions> = {}, automatic = true) {
  const backend = createFakeBackend({ automatic });
  const clock = createManualClock();
  const scheduler = createScheduler({
    workers: [backend],
    clock,
    policy: { maxBatchTokens: 10_000, runOverheadTokens: 16 },
    padId: 0,
    limits: { maxQueueTokens: 10_000_000, maxQueueMs: 1_000 },
  });
  const reranker = createReranker({
    tokenizer: fakeTokenizer,
    scheduler,
    clock,
    limits: defaultRequestLimits,
    servedModels: ["main"],
    maxLength,
    maxWindowTokens: 5_000_000,
    ...options,
  });
  return { reranker, backend, scheduler };
}

/** A document of `length` units, `high` ones at `position`. */
function documentWith(length: number, position: number, high = "zzz"): string {
  return "!".repeat(position) + high + "!".repeat(length - position - high.length);
}

suite("reranking with windows", () => {
  test("finds what is at the end of a long document, and says where", async () => {
    const { reranker } = setUp();
    const documents = [documentWith(90, 5), documentWith(1_000, 990), "!".repeat(1_000)];
    const request = { query: "q", documents, rawScores: true };

    const cut = await reranker.rerank(request, never);
    const windows = await reranker.rerank({ ...request, longDocuments: "windows" }, never);

    assert.deepEqual(
      cut.results.map(({ index, truncated, passage }) => [index, truncated, passage]),
      [
        [1, true, undefined],
        [2, true, undefined],
        [0, false, undefined],
      ],
    );
    assert.equal(cut.results[0]?.relevanceScore, cut.results[1]?.relevanceScore);
    const [first, second] = windows.results;
    assert.equal(first?.index, 1);
    assert.deepEqual(second?.index, 2);
    assert((first?.relevanceScore ?? 0) > (second?.relevanceScore ?? 0));
    assert(windows.results.every(({ truncated }) => !truncated));
    assert.deepEqual(first?.passage, { start: 900, end: 999 });
  });

  test("gives the earliest of equally good windows", async () => {
    const { reranker } = setUp();

    const { results } = await reranker.rerank(
      { query: "q", documents: ["!".repeat(1_000)], longDocuments: "windows" },
      never,
    );

    assert.deepEqual(results[0]?.passage, { start: 0, end: 99 });
  });

  test("counts the tokens of every window, and each once for equal documents", async () => {
    const { reranker, backend } = setUp();
    const document = "!".repeat(198);

    const { totalTokens } = await reranker.rerank(
      { query: "q", documents: [document, document], longDocuments: "windows" },
      never,
    );

    const lengths = backend.batches.flatMap((batch) => [...batch.lengths]);
    assert.equal(
      totalTokens,
      lengths.reduce((sum, tokens) => sum + tokens, 0),
    );
    // 99 tokens a window, 49 of them shared: 0 to 99, 50 to 149, 100 to 198.
    assert.equal(totalTokens, 101 + 101 + 100);
  });

  test("scores a document that fits as without windows", async () => {
    const { reranker } = setUp();
    const request = { query: "q", documents: ["abc", "", "x".repeat(99)], rawScores: true };

    const cut = await reranker.rerank(request, never);
    const windows = await reranker.rerank({ ...request, longDocuments: "windows" }, never);

    assert.deepEqual(
      windows.results.map(({ passage, ...result }) => result),
      cut.results,
    );
    assert.deepEqual(
      windows.results.map(({ index, passage }) => [index, passage]),
      [
        [2, { start: 0, end: 99 }],
        [0, { start: 0, end: 3 }],
        [1, { start: 0, end: 0 }],
      ],
    );
  });

  test("takes a document of ten thousand windows", async () => {
    const { reranker, backend } = setUp();
    const length = 99 + 50 * 9_999;

    const { results } = await reranker.rerank(
      {
        query: "q",
        documents: [documentWith(length, length - 3, "~~~")],
        longDocuments: "windows",
      },
      never,
    );

    assert.equal(results[0]?.passage?.end, length);
    const rows = backend.batches.reduce((sum, { rows: count }) => sum + count, 0);
    assert.equal(rows, 10_000);
  });

  test("drops the windows that wait when the caller goes", async () => {
    const { reranker, backend, scheduler } = setUp({}, false);
    const controller = new AbortController();
    const answer = reranker.rerank(
      { query: "q", documents: ["!".repeat(500_000)], longDocuments: "windows" },
      { signal: controller.signal },
    );
    const rejection = assert.rejects(answer, { code: "cancelled" });
    while (backend.running.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const before = scheduler.pendingTokens;

    controller.abort();
    await rejection;

    assert(scheduler.pendingTokens < before / 10);
    for (const run of [...backend.running]) run.finish();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(scheduler.pendingTokens, 0);
    assert.equal(backend.running.length, 0);
  });

  test("refuses windows beyond its limit before any inference", async () => {
    const { reranker, backend } = setUp({ maxWindowTokens: 1_000 });

    await assert.rejects(
      reranker.rerank(
        { query: "q", documents: ["!".repeat(2_000)], longDocuments: "windows" },
        never,
      ),
      { code: "invalid_argument", field: "documents", message: /at most 1000 tokens in windows/ },
    );
    assert.equal(backend.batches.length, 0);
  });

  test("refuses only a query that is too long with truncate: false", async () => {
    const { reranker } = setUp();
    const document = "!".repeat(1_000);
    const request = {
      documents: ["a", document],
      longDocuments: "windows",
      truncate: false,
    } as const;

    const { results } = await reranker.rerank({ ...request, query: "q" }, never);

    assert.equal(results.length, 2);
    await assert.rejects(reranker.rerank({ ...request, query: "q".repeat(80) }, never), {
      code: "invalid_argument",
      field: "query",
      message: /`query` together with a window of `documents\[1\]` is longer than 101 tokens/,
    });
    const cut = await reranker.rerank({ ...request, query: "q".repeat(80), truncate: true }, never);
    assert.equal(cut.queryTruncated, true);
  });

  test("does not take a cached score for one that was read another way", async () => {
    const { reranker } = setUp({ cache: createScoreCache(1) });
    const request = { query: "q", documents: [documentWith(300, 200)], rawScores: true };
    const ways = [
      {},
      { longDocuments: "windows" },
      { truncationDirection: "left" },
      { maxTokensPerDocument: 10 },
      { longDocuments: "windows", maxTokensPerDocument: 210 },
    ] as const;
    const ask = async (way: (typeof ways)[number]) => {
      const { results, totalTokens } = await reranker.rerank({ ...request, ...way }, never);
      return { result: results[0], totalTokens };
    };

    for (const way of ways) {
      const first = await ask(way);
      const again = await ask(way);

      assert(first.totalTokens > 0);
      assert.deepEqual(again, { ...first, totalTokens: 0 });
      const fresh = await setUp().reranker.rerank({ ...request, ...way }, never);
      assert.deepEqual(first.result, fresh.results[0]);
    }
  });
});

suite("reranking with other limits on a document", () => {
  test("keeps the end of a document with the direction left", async () => {
    const { reranker } = setUp();
    const documents = [documentWith(200, 0), documentWith(200, 197)];

    const { results } = await reranker.rerank(
      { query: "q", documents, truncationDirection: "left" },
      never,
    );

    assert.deepEqual(
      results.map(({ index, truncated }) => [index, truncated]),
      [
        [1, true],
        [0, true],
      ],
    );
  });

  test("cuts a document to max_tokens_per_doc, which truncate: false allows", async () => {
    const { reranker } = setUp();
    const request = { query: "q", documents: ["abcdef"], rawScores: true, truncate: false };

    const { results } = await reranker.rerank({ ...request, maxTokensPerDocument: 2 }, never);

    const expected = await reranker.rerank({ ...request, documents: ["ab"] }, never);
    assert.equal(results[0]?.relevanceScore, expected.results[0]?.relevanceScore);
    assert.equal(results[0]?.truncated, true);
  });

  test("reads windows of no more than max_tokens_per_doc", async () => {
    const { reranker } = setUp();

    const { results } = await reranker.rerank(
      {
        query: "q",
        documents: [documentWith(1_000, 150)],
        longDocuments: "windows",
        maxTokensPerDocument: 200,
      },
      never,
    );

    assert.equal(results[0]?.truncated, true);
    assert((results[0]?.passage?.end ?? 0) <= 200);
  });

  test("leaves out results below the threshold, on the scale of the scores", async () => {
    const { reranker } = setUp();
    const documents = ["!", "~", "A"];
    const all = await reranker.rerank({ query: "q", documents, rawScores: true }, never);
    const [, middle] = all.results;

    const raw = await reranker.rerank(
      { query: "q", documents, rawScores: true, scoreThreshold: middle?.relevanceScore },
      never,
    );
    const none = await reranker.rerank({ query: "q", documents, scoreThreshold: 1.5 }, never);
    const top = await reranker.rerank({ query: "q", documents, topN: 1, scoreThreshold: 0 }, never);

    assert.deepEqual(raw.results, all.results.slice(0, 2));
    assert.deepEqual(none.results, []);
    assert.equal(top.results.length, 1);
  });

  test("lets a document pass at the score that its answer printed", async () => {
    const { reranker } = setUp({
      scheduler: {
        checkCapacity: () => {},
        score: async () => ({ logits: Float32Array.of(0.7), queueMs: 0, inferenceMs: 0 }),
      },
    });
    const request = { query: "q", documents: ["d"], rawScores: true };

    const { results } = await reranker.rerank({ ...request, scoreThreshold: 0.7 }, never);

    assert.equal(results.length, 1);
  });
});
