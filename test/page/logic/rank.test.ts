import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { CallFault, type RerankAnswer } from "../../../page/src/logic/call-server.ts";
import { partsOf, type Ranking, rank } from "../../../page/src/logic/rank.ts";
import { defaultSettings, type RerankBody } from "../../../page/src/logic/settings.ts";

/** Documents that hold their own logits. */
const documentsOf = (count: number) =>
  Array.from({ length: count }, (_document, at) => String(((at * 37) % count) / 10 + 20));

const sigmoid = (logit: number) => Math.fround(1 / (1 + Math.exp(-logit)));

/** Answers as the server does: ordered by logit, then by position. */
function answer({ documents, raw_scores, top_n }: RerankBody): RerankAnswer {
  const results = documents
    .map((text, index) => ({ index, logit: Math.fround(Number(text)) }))
    .sort((a, b) => b.logit - a.logit || a.index - b.index)
    .slice(0, top_n || documents.length)
    .map(({ index, logit }) => ({ index, relevance_score: raw_scores ? logit : sigmoid(logit) }));
  return {
    model: "m",
    results,
    usage: { total_tokens: documents.length },
    timings: { tokenization_ms: 1, queue_ms: 2, inference_ms: 3, total_ms: 6 },
  };
}

async function ranked(count: number, settings = defaultSettings) {
  const bodies: RerankBody[] = [];
  const parts: Ranking[] = [];
  const ranking = await rank({
    query: "q",
    documents: documentsOf(count),
    settings,
    call: async (body) => {
      bodies.push(body);
      return answer(body);
    },
    onPart: (part) => parts.push(part),
    nowMs: () => 0,
  });
  return { ranking, bodies, parts };
}

const short = (ranking: Ranking) => ranking.results.map(({ index, score }) => [index, score]);

suite("rank()", () => {
  test("sends a short list as the one request that can be copied", async () => {
    const { bodies } = await ranked(32, { ...defaultSettings, topN: 3 });

    assert.deepEqual(bodies, [{ query: "q", documents: documentsOf(32), top_n: 3 }]);
  });

  test("ranks a long list in parts as one request would, though scores near 1 are equal", async () => {
    for (const settings of [
      defaultSettings,
      { ...defaultSettings, topN: 7 },
      { ...defaultSettings, rawScores: true },
    ]) {
      const { ranking, bodies, parts } = await ranked(700, settings);
      const { topN, rawScores } = settings;
      const whole = answer({
        query: "q",
        documents: documentsOf(700),
        ...(topN && { top_n: topN }),
        ...(rawScores && { raw_scores: true }),
      });

      assert.deepEqual(
        short(ranking),
        whole.results.map(({ index, relevance_score }) => [index, relevance_score]),
      );
      assert(bodies.length > 4);
      assert.deepEqual(
        bodies.flatMap(({ documents }) => documents),
        documentsOf(700),
      );
      assert.equal(parts.length, bodies.length);
      assert.equal(parts[0]?.done, 16);
      assert.equal(ranking.done, 700);
      assert.equal(ranking.tokens, 700);
      assert.equal(ranking.timings.model, 3 * bodies.length);
    }
  });

  test("names the document at fault by its place in the whole list", async () => {
    let calls = 0;
    const failing = rank({
      query: "q",
      documents: documentsOf(60),
      settings: defaultSettings,
      call: async (body) => {
        calls += 1;
        if (calls === 1) return answer(body);
        throw new CallFault("invalid", "`documents[3]` must be shorter", 422);
      },
      onPart: () => undefined,
      nowMs: () => 0,
    });

    await assert.rejects(failing, { kind: "invalid", message: "`documents[19]` must be shorter" });
  });
});

suite("partsOf()", () => {
  test("covers every document once, in order, and keeps parts small", () => {
    const huge = Array.from({ length: 50 }, () => "x".repeat(200_000));
    for (const documents of [[], ["a"], documentsOf(33), documentsOf(10_000), huge]) {
      const parts = partsOf(documents);
      assert.deepEqual(
        parts.flatMap(([start, end]) => documents.slice(start, end)),
        documents,
      );
    }
    assert(partsOf(huge).every(([start, end]) => end - start <= 2));
  });
});
