import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import type { EncodedBatch } from "../../../src/inference/backend.ts";
import { openSession } from "../../../src/inference/session/session.ts";
import { makeAnswerGraph } from "../../../src/onnx/answer-graph.ts";
import { batchOf } from "../../fakes/inference-fixtures.ts";
import { linkFromCache } from "../../fakes/link-from-cache.ts";
import { fixtureOf } from "../../families/families.ts";

const wordIds = [300, 301];
const query = Array.from({ length: 40 }, (_, at) => (at * 37) % 600);
const documents = [
  [1, 2, 3],
  [4, 5, 6, 7, 8, 9, 10, 11],
  [600, 20],
];
const rows = documents.map((ids) => [...query, ...ids]);

async function open(context: TestContext, family: string, file: string, rowByRow: boolean) {
  return await openPath(context, join(fixtureOf(family), "onnx", file), rowByRow);
}

async function openPath(context: TestContext, modelPath: string, rowByRow: boolean) {
  const answers = makeAnswerGraph(modelPath, wordIds);
  const causal = { wordIds, answers };
  const session = await openSession({ modelPath, device: "cpu", threads: 1, rowByRow, causal });
  context.after(() => session.close());
  return session;
}

function shared(some: readonly (readonly number[])[]): EncodedBatch {
  return { ...batchOf(some), prefixLengths: new Int32Array(some.length).fill(query.length) };
}

suite("a session with a causal graph", () => {
  for (const [family, file, rowByRow, tolerance] of [
    ["qwen3-causal", "model.onnx", false, 1e-5],
    ["qwen3-causal", "model_fp16.onnx", false, 0.02],
    ["qwen3-causal-gqa", "model.onnx", true, 1e-5],
  ] as const) {
    test(`${family}/${file} has the logits of whole rows where their start is shared`, async (context) => {
      const session = await open(context, family, file, rowByRow);

      const whole = await session.run(batchOf(rows));
      const logits = await session.run(shared(rows));

      assert(new Set(whole).size === rows.length);
      for (const [row, logit] of logits.entries()) {
        assert(Math.abs(logit - (whole[row] ?? Number.NaN)) <= tolerance);
      }
    });
  }

  test("gives a row the same logit beside others, alone, and with its start kept", async (context) => {
    const session = await open(context, "qwen3-causal-gqa", "model_quantized.onnx", true);
    const fresh = await open(context, "qwen3-causal-gqa", "model_quantized.onnx", true);

    const among = await session.run(shared(rows));
    const kept = await session.run(shared(rows.slice(1, 2)));
    const alone = await fresh.run(shared(rows.slice(1, 2)));

    assert.deepEqual([kept[0], alone[0]], [among[1], among[1]]);
  });

  test("reads the weights of a model in the hub's cache", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "causal-session-"));
    context.after(() => rm(folder, { recursive: true }));
    const path = await linkFromCache(join(fixtureOf("qwen3-causal-gqa"), "onnx"), folder);
    const linked = await openPath(context, path, true);
    const plain = await open(context, "qwen3-causal-gqa", "model.onnx", true);

    assert.deepEqual(await linked.run(shared(rows)), await plain.run(shared(rows)));
  });

  test("names the inputs that it feeds", async (context) => {
    const { info } = await open(context, "qwen3-causal", "model.onnx", false);

    assert.deepEqual(info.inputs, ["input_ids", "attention_mask", "position_ids"]);
  });
});
