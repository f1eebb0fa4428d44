import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { createEngine, type Engine } from "../src/engine/engine.ts";
import { openModel } from "../src/models/open-model.ts";
import { bundledModelDirectory, bundledModelName } from "../src/package-root.ts";
import { defaultRequestLimits } from "../src/reranker/check-request.ts";
import { passageOf, passageText } from "../src/reranker/passage.ts";
import { windowOverlapTokens } from "../src/reranker/read-documents.ts";
import { packBatch } from "../src/scheduler/job.ts";
import { createTokenizer } from "../src/tokenizer/hf-tokenizer.ts";

// Else the first session of the Linux build writes a database under the home folder.
process.env.ORT_DISABLE_TELEMETRY = "1";

const never = { signal: new AbortController().signal };
const query = "When does the night ferry to Busan leave?";
const sentence = "The night ferry to Busan leaves at half past ten in the evening.";
const maxLength = 128;
const filler = "😀 The garden behind the house has apple trees, and the café sells bread. ";

suite("a long document and the bundled model", () => {
  let engine: Engine;
  before(async () => {
    const directory = bundledModelDirectory();
    engine = await createEngine({
      model: await openModel({ name: bundledModelName, directory, dtype: "int8", device: "cpu" }),
      device: "cpu",
      plan: { workers: 1, threads: 1 },
      spinning: false,
      maxLength,
      limits: defaultRequestLimits,
      servedModels: [bundledModelName],
      admission: { maxQueueTokens: 1_000_000, maxQueueMs: 60_000 },
      cacheMb: 0,
      // A window for each run: the sums of a batch differ in their last bits from those of a pair alone.
      maxBatchTokens: maxLength,
    });
  });
  after(() => engine.close());

  const document = `${filler.repeat(40)}${sentence} ${filler.repeat(3)}`;
  const request = { query, documents: [document, filler, sentence], rawScores: true };

  test("is found by a sentence near its end with windows, and missed when it is cut", async () => {
    const cut = await engine.reranker.rerank(request, never);
    const windows = await engine.reranker.rerank({ ...request, longDocuments: "windows" }, never);

    const scoreOf = ({ results }: typeof cut, index: number) =>
      results.find((result) => result.index === index);
    const [before, found] = [scoreOf(cut, 0), scoreOf(windows, 0)];
    const [irrelevant, relevant] = [scoreOf(cut, 1), scoreOf(cut, 2)];
    const middle = ((irrelevant?.relevanceScore ?? 0) + (relevant?.relevanceScore ?? 0)) / 2;
    assert((before?.relevanceScore ?? 0) < middle);
    assert((found?.relevanceScore ?? 0) > middle);
    assert.deepEqual([before?.truncated, found?.truncated], [true, false]);
    assert(found?.passage);
    const passage = passageText(document, found.passage);
    assert(passage.includes(sentence), passage);
    const characters = [...document].slice(found.passage.start, found.passage.end).join("");
    assert.equal(passage, characters);
    for (const index of [1, 2]) {
      const { passage: whole, ...result } = scoreOf(windows, index) ?? {};
      assert.deepEqual(result, scoreOf(cut, index));
      assert.equal(whole?.start, 0);
    }
  });

  test("has the best of the scores that its windows have as pairs of their own", async () => {
    const path = `${bundledModelDirectory()}/tokenizer.json`;
    const tokenizer = await createTokenizer({ path });
    const maxWindowTokens = 100_000;
    const [windowed] = await tokenizer.encodeWindows(query, [document], {
      maxLength,
      overlapTokens: windowOverlapTokens,
      maxWindowTokens,
    });
    await tokenizer.close();
    const { encodings = [], spans = [] } = windowed ?? {};
    assert(encodings.length > 10);
    const logits: number[] = [];
    for (const encoding of encodings) {
      const [worker] = engine.pool.workers;
      const [logit = Number.NaN] =
        (await worker?.score(packBatch([encoding], tokenizer.padId))) ?? [];
      logits.push(logit ?? Number.NaN);
    }

    const { results, totalTokens } = await engine.reranker.rerank(
      { query, documents: [document], rawScores: true, longDocuments: "windows" },
      never,
    );

    const best = Math.max(...logits);
    assert.equal(results[0]?.relevanceScore, best);
    const span = spans[logits.indexOf(best)];
    assert(span && results[0]?.passage);
    assert.deepEqual(results[0].passage, passageOf(document, span));
    assert.equal(
      totalTokens,
      encodings.reduce((sum, { inputIds }) => sum + inputIds.length, 0),
    );
  });
});
