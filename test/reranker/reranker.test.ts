import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RerankError } from "../../src/errors.ts";
import type { Activations } from "../../src/reranker/activation.ts";
import { defaultRequestLimits } from "../../src/reranker/check-request.ts";
import { createReranker } from "../../src/reranker/reranker.ts";
import { createScoreCache, type ScoreCache } from "../../src/reranker/score-cache.ts";
import type { Scheduler } from "../../src/scheduler/scheduler.ts";
import type { Encoding } from "../../src/tokenizer/tokenizer.ts";
import { fakeTokenizer } from "../fakes/fake-tokenizer.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const never = { signal: new AbortController().signal };

/** A reranker whose logit of a document is the number that its text spells. */
function setUp(maxLength = 512, cache?: ScoreCache, activations?: Activations) {
  const seen: Encoding[][] = [];
  const timeouts: (number | undefined)[] = [];
  const clock = createManualClock();
  const checked: number[] = [];
  let encoded = 0;
  const granted: (number | undefined)[] = [];
  const scheduler: Pick<Scheduler, "score" | "checkCapacity"> = {
    checkCapacity(tokens) {
      checked.push(tokens);
      if (tokens > 100) throw new RerankError("resource_exhausted", "the queue is full");
    },
    async score(encodings, { timeoutMs, grantedMs }) {
      seen.push([...encodings]);
      timeouts.push(timeoutMs);
      granted.push(grantedMs);
      const position = encodings.findIndex(({ inputIds }) => inputIds.length > 50);
      if (position >= 0) throw new RerankError("resource_exhausted", "too large", { position });
      const logits = Float32Array.from(encodings, ({ inputIds }) => {
        const units = [...inputIds.subarray(inputIds.indexOf(0) + 1)];
        return Number(String.fromCharCode(...units));
      });
      return { logits, queueMs: 20, inferenceMs: 30 };
    },
  };
  const reranker = createReranker({
    tokenizer: {
      ...fakeTokenizer,
      encodePairs(...call) {
        clock.advance(10);
        encoded += 1;
        return fakeTokenizer.encodePairs(...call);
      },
    },
    scheduler,
    clock,
    cache,
    limits: defaultRequestLimits,
    servedModels: ["main", "alias"],
    activations,
    maxLength,
  });
  return { reranker, seen, timeouts, granted, checked, encodedRequests: () => encoded };
}

suite("createReranker()", () => {
  test("orders documents by logit and scores them with the sigmoid", async () => {
    const { reranker } = setUp();

    const { model, results } = await reranker.rerank(
      { query: "q", documents: ["-2", "3", "0"] },
      never,
    );

    assert.equal(model, "main");
    assert.deepEqual(
      results.map(({ index }) => index),
      [1, 2, 0],
    );
    assert.deepEqual(
      results.map(({ relevanceScore }) => relevanceScore),
      [Math.fround(1 / (1 + Math.exp(-3))), 0.5, Math.fround(1 / (1 + Math.exp(2)))],
    );
  });

  test("ranks by logit where the sigmoid saturates, and keeps the order of equal logits", async () => {
    const { reranker } = setUp();

    const { results } = await reranker.rerank(
      { query: "q", documents: ["50", "7", "60", "50"] },
      never,
    );

    assert.deepEqual(
      results.map(({ index, relevanceScore }) => [index, relevanceScore === 1]),
      [
        [2, true],
        [0, true],
        [3, true],
        [1, false],
      ],
    );
  });

  test("reads lone surrogates as U+FFFD, and keeps their scores with those of such texts", async () => {
    const cache = createScoreCache(1);
    const { reranker, seen } = setUp(512, cache);

    await reranker.rerank({ query: "q\ud800", documents: ["\udc00", "\ufffd"] }, never);
    await reranker.rerank({ query: "q\ufffd", documents: ["\ufffd"] }, never);

    const units = seen.flat().map(({ inputIds }) => String.fromCharCode(...inputIds));
    assert.deepEqual(units, ["q\ufffd\0\ufffd"]);
  });

  test("applies the activation of the protocol, and none to raw scores", async () => {
    const { reranker } = setUp(512, undefined, { usual: "tanh", asModel: "identity" });
    const scoreOf = async (more: object) => {
      const request = { query: "q", documents: ["1.5"], ...more };
      return (await reranker.rerank(request, never)).results[0]?.relevanceScore;
    };

    assert.equal(await scoreOf({}), Math.fround(Math.tanh(1.5)));
    assert.equal(await scoreOf({ scoreHabit: "model" }), 1.5);
    assert.equal(await scoreOf({ rawScores: true }), 1.5);
  });

  test("gives logits with rawScores", async () => {
    const { reranker } = setUp();

    const { results } = await reranker.rerank(
      { query: "q", documents: ["1.5"], rawScores: true },
      never,
    );

    assert.equal(results[0]?.relevanceScore, 1.5);
  });

  for (const [topN, count] of [
    [undefined, 3],
    [null, 3],
    [0, 3],
    [2, 2],
    [99, 3],
  ] as const) {
    test(`returns ${count} of 3 documents for top_n ${topN}`, async () => {
      const { reranker } = setUp();

      const { results } = await reranker.rerank(
        { query: "q", documents: ["1", "2", "3"], topN },
        never,
      );

      assert.equal(results.length, count);
    });
  }

  test("answers no documents with no results", async () => {
    const { reranker } = setUp();

    const answer = await reranker.rerank({ query: "q", documents: [] }, never);

    assert.deepEqual([answer.results, answer.totalTokens], [[], 0]);
  });

  test("scores equal documents once and counts their tokens once", async () => {
    const { reranker, seen } = setUp();

    const { results, totalTokens } = await reranker.rerank(
      { query: "q", documents: ["5", "6", "5"] },
      never,
    );

    assert.equal(seen[0]?.length, 2);
    assert.equal(totalTokens, 6);
    assert.deepEqual(
      results.map(({ index }) => index),
      [1, 0, 2],
    );
    assert.equal(results[1]?.relevanceScore, results[2]?.relevanceScore);
  });

  test("says which documents were cut", async () => {
    const { reranker } = setUp(5);

    const { results } = await reranker.rerank({ query: "q", documents: ["123", "9999"] }, never);

    assert.deepEqual(
      results.map(({ index, truncated }) => [index, truncated]),
      [
        [1, true],
        [0, false],
      ],
    );
  });

  test("refuses to cut with truncate: false, and names the first document that does not fit", async () => {
    const { reranker, seen } = setUp(5);

    await assert.rejects(
      reranker.rerank({ query: "q", documents: ["1", "1", "9999"], truncate: false }, never),
      { code: "invalid_argument", field: "documents[2]", message: /longer than 5 tokens/ },
    );
    assert.equal(seen.length, 0);
  });

  test("answers under the name that was asked for", async () => {
    const { reranker } = setUp();

    const { model } = await reranker.rerank(
      { query: "q", documents: ["1"], model: "alias" },
      never,
    );

    assert.equal(model, "alias");
  });

  test("does no work for a caller that has gone", async () => {
    const { reranker, seen } = setUp();

    await assert.rejects(
      reranker.rerank({ query: "q", documents: ["1"] }, { signal: AbortSignal.abort() }),
      {
        code: "cancelled",
      },
    );
    assert.equal(seen.length, 0);
  });

  test("tells where the time went, and how much of it is left for scoring", async () => {
    const { reranker, timeouts, granted } = setUp();

    const { timings } = await reranker.rerank(
      { query: "q", documents: ["1"] },
      { ...never, timeoutMs: 100 },
    );

    assert.deepEqual(timings, { tokenizationMs: 10, queueMs: 20, inferenceMs: 30, totalMs: 10 });
    assert.deepEqual([timeouts, granted], [[90], [100]]);
  });

  test("refuses what there is surely no space for before it reads the texts", async () => {
    const { reranker, checked, encodedRequests } = setUp();
    const long = Array.from({ length: 20 }, (_document, index) => `${index}`.padStart(20, "0"));
    await reranker.rerank({ query: "q".repeat(20), documents: long }, never);

    const refused = reranker.rerank({ query: "q".repeat(20), documents: long }, never);

    await assert.rejects(refused, { code: "resource_exhausted" });
    assert.equal(encodedRequests(), 1);
    assert.equal(checked[0], 0);
    assert((checked[1] ?? 0) > 100);
  });

  test("cuts pairs to the request's own limit where that is shorter", async () => {
    const { reranker, seen } = setUp(12);
    const request = { query: "qqqqqqqqqq", documents: ["1234567890"] };

    const short = await reranker.rerank({ ...request, maxTokensPerPair: 9 }, never);
    await reranker.rerank({ ...request, maxTokensPerPair: 99 }, never);

    assert.deepEqual(
      seen.map(([encoding]) => encoding?.inputIds.length),
      [9, 12],
    );
    assert.deepEqual([short.queryTruncated, short.results[0]?.truncated], [true, true]);
    await assert.rejects(
      reranker.rerank({ ...request, maxTokensPerPair: 9, truncate: false }, never),
      /`documents\[0\]` together with `query` is longer than 9 tokens/,
    );
  });

  test("reads no more of the query than it is told, which `truncate: false` does not mind", async () => {
    const { reranker, seen } = setUp();
    const request = { query: "abcdef", documents: ["1"], maxTokensPerQuery: 2, truncate: false };

    const right = await reranker.rerank(request, never);
    await reranker.rerank({ ...request, truncationDirection: "left" }, never);
    const windows = await reranker.rerank({ ...request, longDocuments: "windows" }, never);

    assert.deepEqual(
      seen.map(([encoding]) => String.fromCharCode(...(encoding?.inputIds.subarray(0, 2) ?? []))),
      ["ab", "ef", "ab"],
    );
    assert.deepEqual([right.queryTruncated, windows.queryTruncated], [true, true]);
    assert.equal(right.results[0]?.truncated, false);
  });

  test("takes no score from the cache that was computed with other limits", async () => {
    const { reranker, seen } = setUp(512, createScoreCache(1));
    const request = { query: "abcdef", documents: ["1"] };

    for (const limit of [{}, { maxTokensPerQuery: 2 }, { maxTokensPerPair: 8 }, {}]) {
      await reranker.rerank({ ...request, ...limit }, never);
    }

    assert.deepEqual(
      seen.map((encodings) => encodings.length),
      [1, 1, 1, 0],
    );
  });

  test("answers what the cache has without the tokenizer", async () => {
    const { reranker, checked, encodedRequests } = setUp(512, createScoreCache(1));
    const request = { query: "q", documents: ["1", "2"] };
    const first = await reranker.rerank(request, never);

    const again = await reranker.rerank(request, never);

    assert.equal(encodedRequests(), 1);
    assert.equal(checked.length, 1);
    assert.deepEqual(again.results, first.results);
    assert.equal(again.totalTokens, 0);
  });

  test("answers no documents without the tokenizer", async () => {
    const { reranker, encodedRequests } = setUp();

    await reranker.rerank({ query: "q", documents: [] }, never);

    assert.equal(encodedRequests(), 0);
  });

  test("names the document that does not fit into memory, and its request", async () => {
    const { reranker } = setUp();
    const large = "7".repeat(60);

    await assert.rejects(reranker.rerank({ query: "q", documents: ["1", "1", large] }, never), {
      code: "resource_exhausted",
      field: "documents[2]",
      message: "`documents[2]` does not fit into memory with its 62 tokens",
      retryAfterMs: undefined,
    });
    const requests = [["1"], ["2", large]].map((documents) => ({ query: "q", documents }));
    await assert.rejects(reranker.rerankTogether(requests, never), {
      field: "documents[1]",
      position: 1,
    });
  });

  test("ranks requests together: one call of the scheduler, and each its own answer", async () => {
    const { reranker, seen, checked } = setUp();

    const [first, second, empty, ...more] = await reranker.rerankTogether(
      [
        { query: "q", documents: ["1", "3"] },
        { query: "other", documents: ["5", "4"], rawScores: true, topN: 1 },
        { query: "q", documents: [] },
      ],
      never,
    );

    assert.deepEqual([seen.length, seen[0]?.length, checked.length], [1, 4, 1]);
    assert.deepEqual(
      first?.results.map(({ index }) => index),
      [1, 0],
    );
    assert.deepEqual(second?.results, [{ index: 0, relevanceScore: 5, truncated: false }]);
    assert.deepEqual([empty?.results, more], [[], []]);
    assert.deepEqual([first?.totalTokens, second?.totalTokens], [6, 14]);
  });

  test("ranks nothing of requests of which one is wrong, and tells which", async () => {
    const { reranker, seen, encodedRequests } = setUp(5);
    const good = { query: "q", documents: ["1"] };

    await assert.rejects(reranker.rerankTogether([good, { ...good, query: "" }], never), {
      field: "query",
      position: 1,
    });
    assert.equal(encodedRequests(), 0);
    const cut = { query: "q", documents: ["1", "9999"], truncate: false };
    await assert.rejects(reranker.rerankTogether([good, good, cut], never), {
      field: "documents[1]",
      position: 2,
    });
    assert.equal(seen.length, 0);
  });

  test("does not score again what the cache has", async () => {
    const { reranker, seen } = setUp(5, createScoreCache(1));
    await reranker.rerank({ query: "q", documents: ["1", "2345"] }, never);

    const { results, totalTokens } = await reranker.rerank(
      { query: "q", documents: ["3", "1", "2345"] },
      never,
    );

    assert.equal(seen[1]?.length, 1);
    assert.equal(totalTokens, 3);
    assert.deepEqual(
      results.map(({ index, truncated }) => [index, truncated]),
      [
        [2, true],
        [0, false],
        [1, false],
      ],
    );
    await assert.rejects(
      reranker.rerank({ query: "q", documents: ["1", "2345"], truncate: false }, never),
      { field: "documents[1]" },
    );
  });
});
