import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createEngine, type Engine } from "../src/engine/engine.ts";
import { openModel } from "../src/models/open-model.ts";
import { readGolden, repositoryRoot } from "./golden/golden-cases.ts";

// Else the first session of the Linux build writes a database under the home folder.
process.env.ORT_DISABLE_TELEMETRY = "1";

/** How far a logit may be from Python's. */
const tolerance = 1e-4;

/** Model folders, from the repository root; each has its test/golden/<name>.json. */
const models = [
  { name: "tiny-xlm-r", folder: "test/fixtures/tiny-xlm-r", dtype: "fp32" },
  { name: "tiny-bert", folder: "test/fixtures/tiny-bert", dtype: "fp32" },
  { name: "rerankd-multilingual-v1", folder: "models/rerankd-multilingual-v1", dtype: "int8" },
] as const;

const never = { signal: new AbortController().signal };

for (const { name, folder, dtype } of models) {
  suite(`logits of ${name} agree with Python's`, () => {
    const { cases: all, maxLength } = readGolden(name);
    // An empty query is refused before it comes to the model; its ids are compared in the
    // tokenizer's tests.
    const cases = all.filter(({ query }) => query !== "");
    let engine: Engine;

    before(async () => {
      const directory = fileURLToPath(new URL(folder, repositoryRoot));
      engine = await createEngine({
        model: await openModel({ name, directory, dtype, device: "cpu" }),
        device: "cpu",
        plan: { workers: 1, threads: 1 },
        spinning: false,
        maxLength,
        limits: { maxDocuments: 1000, maxDocumentChars: 1_000_000, maxQueryChars: 1_000_000 },
        servedModels: [name],
        admission: { maxQueueTokens: 10_000_000, maxQueueMs: 600_000 },
        cacheMb: 0,
        maxBatchTokens: undefined,
      });
    });
    after(() => engine.close());

    const logitsOf = async (query: string, documents: readonly string[]): Promise<number[]> => {
      const { results } = await engine.reranker.rerank(
        { query, documents, rawScores: true },
        never,
      );
      const logits = new Array<number>(documents.length);
      for (const { index, relevanceScore } of results) logits[index] = relevanceScore;
      return logits;
    };

    for (const { name: title, query, document, logit = Number.NaN } of cases) {
      test(title, async () => {
        const [actual = Number.NaN] = await logitsOf(query, [document]);

        assert(Math.abs(actual - logit) <= tolerance, `got ${actual}, Python ${logit}`);
      });
    }

    test("also when the documents of a query share batches", async () => {
      const others = cases.slice(0, 4).map(({ document }) => document);
      for (const { name: title, query, document, logit = Number.NaN } of cases) {
        const [actual = Number.NaN] = await logitsOf(query, [document, ...others]);

        assert(Math.abs(actual - logit) <= tolerance, `${title}: ${actual}, Python ${logit}`);
      }
    });
  });
}
