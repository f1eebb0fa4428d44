import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import {
  checkCacheSize,
  createEngine,
  type Engine,
  refuseDuringOutage,
} from "../../src/engine/engine.ts";
import { StartupError } from "../../src/errors.ts";
import { openModel } from "../../src/models/open-model.ts";
import { defaultRequestLimits } from "../../src/reranker/check-request.ts";
import { createFakeBackend } from "../fakes/fake-backend.ts";
import { packageRoot } from "../server-process.ts";

// Else the first session of the Linux build writes a database under the home folder.
process.env.ORT_DISABLE_TELEMETRY = "1";

const never = { signal: new AbortController().signal };

const name = "tiny-xlm-r";

/** Starts a tiny model with some workers of one thread each. */
async function startEngine(dtype: "fp32" | "int8", workers: number): Promise<Engine> {
  const directory = join(packageRoot, "test", "fixtures", name);
  return await createEngine({
    model: await openModel({ name, directory, dtype, device: "cpu" }),
    device: "cpu",
    plan: { workers, threads: 1 },
    spinning: false,
    maxLength: 128,
    limits: defaultRequestLimits,
    servedModels: [name],
    admission: { maxQueueTokens: 1_000_000, maxQueueMs: 60_000 },
    cacheMb: 0,
    maxBatchTokens: undefined,
  });
}

suite("createEngine() with activations that are quantized batch by batch", () => {
  let engine: Engine;
  before(async () => {
    engine = await startEngine("int8", 1);
  });
  after(() => engine.close());

  test("gives a document the same score alone, in any company and in any order", async () => {
    const documents = Array.from({ length: 40 }, (_document, i) =>
      `note ${i} `.repeat(1 + (i % 9)),
    );
    const scoresOf = async (texts: readonly string[]): Promise<Map<string, number>> => {
      const { results } = await engine.reranker.rerank(
        { query: "note 7", documents: texts },
        never,
      );
      return new Map(
        results.map(({ index, relevanceScore }) => [texts[index] ?? "", relevanceScore]),
      );
    };

    const [inOrder, reversed] = await Promise.all([
      scoresOf(documents),
      scoresOf([...documents].reverse()),
    ]);

    assert.deepEqual(reversed, new Map([...reversed].map(([text]) => [text, inOrder.get(text)])));
    for (const document of documents) {
      assert.equal((await scoresOf([document])).get(document), inOrder.get(document));
    }
  });
});

suite("createEngine() with several workers", () => {
  test("gives the scores that one worker gives, and ends all of them", async () => {
    const documents = Array.from({ length: 30 }, (_, i) => `note ${i} `.repeat(1 + (i % 7)));
    const scoresWith = async (workers: number) => {
      const loaded = await startEngine("fp32", workers);
      const rank = () => loaded.reranker.rerank({ query: "note 7", documents }, never);
      const answers = await Promise.all([rank(), rank(), rank()]);
      await loaded.close();
      assert.equal(loaded.snapshot().workers.length, workers);
      return answers.map(({ results }) =>
        results.toSorted((a, b) => a.index - b.index).map(({ relevanceScore }) => relevanceScore),
      );
    };

    const [reference = []] = await scoresWith(1);

    for (const scores of await scoresWith(3)) {
      for (const [index, score] of scores.entries()) {
        assert(Math.abs(score - (reference[index] ?? 0)) < 1e-5);
      }
    }
  });
});

suite("checkCacheSize()", () => {
  test("takes what leaves a quarter of the heap", () => {
    checkCacheSize(0, 1);
    checkCacheSize(3_000, 4_000_000_000);
  });

  test("refuses more, and tells how to have a larger heap", () => {
    assert.throws(
      () => checkCacheSize(3_001, 4_000_000_000),
      (error) =>
        error instanceof StartupError &&
        /^--cache-mb must be at most 3000 .* got: `3001`$/.test(error.message) &&
        /max-old-space-size/.test(error.hint ?? ""),
    );
  });
});

suite("refuseDuringOutage()", () => {
  test("refuses what comes during an outage, and scores what came before", async () => {
    const backend = createFakeBackend();
    const checked: number[] = [];
    const scored = { logits: new Float32Array(1), queueMs: 0, inferenceMs: 0 };
    const scheduler = refuseDuringOutage({
      checkCapacity: (tokens) => checked.push(tokens),
      score: async () => scored,
      get outage() {
        return backend.outage;
      },
    });
    const call = { signal: new AbortController().signal };

    scheduler.checkCapacity(1, undefined);
    backend.changeOutage(250);
    assert.throws(() => scheduler.checkCapacity(2, undefined), {
      code: "unavailable",
      retryAfterMs: 250,
    });
    assert.equal(await scheduler.score([], call), scored);
    backend.changeOutage(undefined);
    scheduler.checkCapacity(3, undefined);

    assert.deepEqual(checked, [1, 3]);
  });
});
