import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { createManualClock } from "../../../test/fakes/manual-clock.ts";
import { RerankClientError, type RerankClientErrorCode } from "../../src/call/client-error.ts";
import { createRerankOrFallback } from "../../src/fallback/rerank-or-fallback.ts";
import type { FallbackOptions, RerankClient, RerankResponse } from "../../src/index.ts";
import { hasCode } from "../connect-client.ts";

const nowMs = Date.parse("2026-11-23T00:00:00Z");

const notes = [
  { text: "lunch", similarity: 0.2, createdAt: nowMs, id: 7 },
  { text: "meeting", similarity: 0.7, createdAt: "2026-11-22T00:00:00Z", id: 8 },
  { text: "old meeting", similarity: 0.7, createdAt: "2020-01-01", id: 9 },
];

/** A server that answers in the order that was given, and fails with `failure` while it is set. */
function createServer(options: FallbackOptions = {}) {
  const clock = createManualClock();
  const lines: string[] = [];
  const calls: Parameters<RerankClient["rerank"]>[] = [];
  const server = {
    failure: undefined as unknown,
    results: undefined as RerankResponse["results"] | undefined,
  };
  const rerank: RerankClient["rerank"] = async (...call) => {
    calls.push(call);
    if (server.failure) throw server.failure;
    const [{ documents }] = call;
    const inOrder = documents.map((_, index) => ({ index, relevanceScore: 0.5, truncated: false }));
    const results = server.results ?? inOrder;
    return { model: "m", results, totalTokens: 1, queryTruncated: false };
  };
  const rerankOrFallback = createRerankOrFallback(rerank, {
    locale: "en",
    logger: (line) => lines.push(line),
    monotonicNowMs: clock.nowMs,
    nowMs: () => nowMs,
    random: () => 0,
    ...options,
  });
  return { rerankOrFallback, server, calls, lines, clock };
}

const failWith = (code: RerankClientErrorCode, retryAfterMs?: number) =>
  new RerankClientError(code, "no", { retryAfterMs });

suite("rerankOrFallback()", () => {
  test("orders by the server's answer and keeps the candidates", async () => {
    const { rerankOrFallback, server, calls, lines } = createServer();
    server.results = [
      { index: 1, relevanceScore: 0.9, truncated: false },
      { index: 0, relevanceScore: 0.1, truncated: false },
    ];

    const ranked = await rerankOrFallback("q", notes, { topN: 2, model: "m" });

    assert(ranked.reranked);
    assert.equal(ranked.model, "m");
    assert.deepEqual(
      ranked.results.map(({ candidate, index, relevanceScore }) => [
        candidate,
        index,
        relevanceScore,
      ]),
      [
        [notes[1], 1, 0.9],
        [notes[0], 0, 0.1],
      ],
    );
    const [request, options] = calls[0] ?? [];
    assert.deepEqual(request, {
      query: "q",
      documents: ["lunch", "meeting", "old meeting"],
      topN: 2,
      model: "m",
    });
    assert.equal(options?.timeoutMs, 5_000);
    assert.deepEqual(lines, []);
  });

  test("orders by similarity and recency when the server is gone", async () => {
    const { rerankOrFallback, server } = createServer();
    server.failure = failWith("unavailable");

    const ranked = await rerankOrFallback("q", notes, { topN: 2 });

    assert(!ranked.reranked);
    assert.equal(ranked.reason, "unavailable");
    assert.equal(ranked.error, server.failure);
    assert.deepEqual(
      ranked.results.map(({ candidate, relevanceScore }) => [candidate.id, relevanceScore]),
      [
        [8, undefined],
        [9, undefined],
      ],
    );
    assert((ranked.results[0]?.fallbackScore ?? 0) > (ranked.results[1]?.fallbackScore ?? 0));
  });

  test("takes weights of the client and of the call", async () => {
    const { rerankOrFallback, server } = createServer({ weightSimilarity: 0 });
    server.failure = failWith("unavailable");
    const ids = async (weights = {}) =>
      (await rerankOrFallback("q", notes, weights)).results.map(({ candidate }) => candidate.id);

    assert.deepEqual(await ids(), [7, 8, 9]);
    assert.deepEqual(await ids({ weightSimilarity: 1, weightRecency: 0 }), [8, 9, 7]);
  });

  const reasons: readonly [RerankClientErrorCode, string, string][] = [
    ["unavailable", "unavailable", "unreachable"],
    ["deadline_exceeded", "timeout", "too slow"],
    ["resource_exhausted", "overloaded", "overloaded"],
    ["internal", "failed", "failed"],
    ["unimplemented", "failed", "failed"],
  ];
  for (const [code, reason, word] of reasons) {
    test(`falls back on ${code}, and says so once`, async () => {
      const { rerankOrFallback, server, lines } = createServer();
      server.failure = failWith(code, code === "resource_exhausted" ? 1_000 : undefined);

      const ranked = [await rerankOrFallback("q", notes), await rerankOrFallback("q", notes)];

      assert.deepEqual(
        ranked.map(({ reranked }) => reranked),
        [false, false],
      );
      assert.equal(!ranked[0]?.reranked && ranked[0]?.reason, reason);
      assert.deepEqual(lines, [`⚠️  Reranker server ${word} - skipping reranking`]);
    });
  }

  const callerErrors: readonly RerankClientErrorCode[] = [
    "invalid_argument",
    "not_found",
    "unauthenticated",
    "permission_denied",
    "cancelled",
  ];
  for (const code of callerErrors) {
    test(`rejects with ${code}, which waiting does not mend`, async () => {
      const { rerankOrFallback, server, lines, calls } = createServer();
      server.failure = failWith(code);

      for (let tries = 0; tries < 5; tries += 1) {
        await assert.rejects(rerankOrFallback("q", notes), hasCode(code));
      }

      assert.equal(calls.length, 5);
      assert.deepEqual(lines, []);
    });
  }

  test("asks nobody about no candidates", async () => {
    const { rerankOrFallback, calls } = createServer();

    const ranked = await rerankOrFallback("q", []);

    assert.deepEqual(ranked, { reranked: true, model: "", results: [] });
    assert.equal(calls.length, 0);
  });

  test("rejects a bad request in an outage, too", async () => {
    const { rerankOrFallback, server } = createServer();
    server.failure = failWith("unavailable");
    await rerankOrFallback("q", notes);

    const bad = [{ text: 7 as unknown as string, similarity: 1 }];
    await assert.rejects(rerankOrFallback("q", bad), hasCode("invalid_argument"));
    await assert.rejects(rerankOrFallback("q", notes, { topN: -1 }), hasCode("invalid_argument"));
    await assert.rejects(
      rerankOrFallback("q", notes, { halfLifeMs: 0 }),
      hasCode("invalid_argument"),
    );
  });

  test("rejects with the caller's abort and leaves the breaker alone", async () => {
    const { rerankOrFallback, server, calls } = createServer();
    const reason = new Error("the user left");
    const isReason = (error: unknown): boolean => error === reason;
    const signal = AbortSignal.abort(reason);
    await assert.rejects(rerankOrFallback("q", notes, { signal }), isReason);
    assert.equal(calls.length, 0);

    const leave = new AbortController();
    server.failure = reason;
    const call = rerankOrFallback("q", notes, { signal: leave.signal });
    leave.abort(reason);
    await assert.rejects(call, isReason);
    server.failure = undefined;

    assert.equal((await rerankOrFallback("q", notes)).reranked, true);
  });

  test("leaves the server alone in an outage, then tries one call, and says that it is back", async () => {
    const { rerankOrFallback, server, calls, lines, clock } = createServer();
    server.failure = failWith("unavailable");
    await rerankOrFallback("q", notes);
    const asked = calls.length;

    const skipped = await rerankOrFallback("q", notes);
    assert(!skipped.reranked);
    assert.equal(skipped.reason, "circuit_open");
    assert.equal(skipped.error, undefined);
    assert.equal(skipped.results.length, notes.length);
    assert.equal(calls.length, asked);

    clock.advance(1_000);
    await rerankOrFallback("q", notes);
    assert.equal(calls.length, asked + 1);
    clock.advance(2_000);
    server.failure = undefined;
    const [probe, second] = await Promise.all([
      rerankOrFallback("q", notes),
      rerankOrFallback("q", notes),
    ]);

    assert.equal(probe.reranked, true);
    assert.equal(!second.reranked && second.reason, "circuit_open");
    assert.equal((await rerankOrFallback("q", notes)).reranked, true);
    assert.deepEqual(lines, [
      "⚠️  Reranker server unreachable - skipping reranking",
      "✅  Reranker server is back - reranking resumed",
    ]);
  });

  test("lets the next call probe when a probe was aborted", async () => {
    const { rerankOrFallback, server, clock } = createServer();
    server.failure = failWith("unavailable");
    await rerankOrFallback("q", notes);
    clock.advance(1_000);
    server.failure = new Error("aborted");
    await assert.rejects(rerankOrFallback("q", notes));
    server.failure = undefined;

    assert.equal((await rerankOrFallback("q", notes)).reranked, true);
  });

  test("goes on asking a slow server until the third time-out in a row", async () => {
    const { rerankOrFallback, server, calls } = createServer();
    server.failure = failWith("deadline_exceeded");

    for (let tries = 0; tries < 5; tries += 1) await rerankOrFallback("q", notes);

    assert.equal(calls.length, 3);
  });

  test("waits as long as a busy server asks", async () => {
    const { rerankOrFallback, server, calls, clock } = createServer();
    server.failure = failWith("resource_exhausted", 10_000);
    await rerankOrFallback("q", notes);

    clock.advance(9_999);
    await rerankOrFallback("q", notes);
    assert.equal(calls.length, 1);
    clock.advance(1);
    await rerankOrFallback("q", notes);
    assert.equal(calls.length, 2);
  });

  test("goes on asking after a request that was too large", async () => {
    const { rerankOrFallback, server, calls } = createServer();
    server.failure = failWith("resource_exhausted");

    for (let tries = 0; tries < 5; tries += 1) {
      const ranked = await rerankOrFallback("q", notes);
      assert.equal(!ranked.reranked && ranked.reason, "too_large");
    }
    assert.equal(calls.length, 5);
    server.failure = undefined;
    assert.equal((await rerankOrFallback("q", notes)).reranked, true);
  });

  test("falls back on an answer that names no candidate of the request", async () => {
    for (const indexes of [[3], [0, 0], [-1], [0.5]]) {
      const { rerankOrFallback, server } = createServer();
      server.results = indexes.map((index) => ({ index, relevanceScore: 1, truncated: false }));

      const ranked = await rerankOrFallback("q", notes);

      assert.equal(!ranked.reranked && ranked.reason, "failed");
    }
  });

  test("keeps every candidate once, in falling order, equal ones as they came", async () => {
    const { rerankOrFallback, server } = createServer();
    server.failure = failWith("resource_exhausted");
    const candidate = fc.record({
      text: fc.string(),
      similarity: fc.constantFrom(-1, 0, 0.5, 0.5000001, 1, Number.NaN),
      createdAt: fc.constantFrom(undefined, nowMs, nowMs - 1, "2020-01-01", "never"),
    });
    const property = fc.asyncProperty(fc.array(candidate), async (candidates) => {
      const { results } = await rerankOrFallback("q", candidates);
      assert.deepEqual(
        results.map(({ index }) => index).sort((a, b) => a - b),
        candidates.map((_, index) => index),
      );
      for (const [place, ranked] of results.entries()) {
        assert.equal(ranked.candidate, candidates[ranked.index]);
        const next = results[place + 1];
        if (!next) continue;
        const tie = ranked.fallbackScore === next.fallbackScore;
        assert(ranked.fallbackScore > next.fallbackScore || (tie && ranked.index < next.index));
      }
    });
    await fc.assert(property);
  });
});
