import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createEngine, type Engine } from "../src/engine/engine.ts";
import { type ModelDirectory, openModel } from "../src/models/open-model.ts";
import { readDecoderGolden } from "./golden/decoder-golden.ts";
import { repositoryRoot } from "./golden/golden-cases.ts";

process.env.ORT_DISABLE_TELEMETRY = "1";

/** How far a logit may be from torch's. */
const tolerance = 1e-4;

const { maxLength, cases: all } = readDecoderGolden();
const cases = all.filter(({ query }) => query.length < 1000);
const never = { signal: new AbortController().signal };

suite("logits of a one-logit language model agree with torch's", () => {
  const directory = fileURLToPath(new URL("test/fixtures/tiny-qwen3", repositoryRoot));
  let model: ModelDirectory;
  let engine: Engine;
  before(async () => {
    model = await openModel({ name: "tiny-qwen3", directory, dtype: "fp32", device: "cpu" });
    engine = await createEngine({
      model,
      device: "cpu",
      plan: { workers: 1, threads: 1 },
      spinning: false,
      maxLength,
      limits: { maxDocuments: 1000, maxDocumentChars: 1_000_000, maxQueryChars: 1_000_000 },
      servedModels: ["tiny-qwen3"],
      admission: { maxQueueTokens: 10_000_000, maxQueueMs: 600_000 },
      cacheMb: 0,
      maxBatchTokens: undefined,
    });
  });
  after(() => engine.close());

  const logitOf = async (query: string, documents: string[], instruction?: string) => {
    const request = { query, documents, rawScores: true, instruction };
    const { results } = await engine.reranker.rerank(request, never);
    return results.find(({ index }) => index === 0)?.relevanceScore ?? Number.NaN;
  };

  test("takes its template from rerankd.json, and its padding from config.json", () => {
    assert(model.prompt?.query.startsWith("<Instruct>: "));
    assert.equal(model.config.isDecoder, true);
  });

  for (const { query, document, logit, instructed } of cases) {
    test(`${query.slice(0, 30)} | ${document.slice(0, 30)}`, async () => {
      const alone = await logitOf(query, [document]);
      // Rows of other lengths, so that padding is at work.
      const others = ["x", "a much longer text than the others, to be sure of some padding"];
      const among = await logitOf(query, [document, ...others]);
      const told = await logitOf(query, [document], "Find notes about the same person");

      for (const [actual, expected] of [
        [alone, logit],
        [among, logit],
        [told, instructed],
      ] as const) {
        assert(Math.abs(actual - expected) <= tolerance, `got ${actual}, torch ${expected}`);
      }
    });
  }
});
