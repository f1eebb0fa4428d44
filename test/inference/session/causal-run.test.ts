import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { InferenceSession, OnnxValue } from "onnxruntime-node";
import { Tensor } from "onnxruntime-node";
import type { EncodedBatch } from "../../../src/inference/backend.ts";
import type { CausalGraph } from "../../../src/inference/session/causal-graph.ts";
import { createCausalRun } from "../../../src/inference/session/causal-run.ts";
import { batchOf } from "../../fakes/inference-fixtures.ts";

const wordIds = [2, 1];
const answers = {
  bytes: new Uint8Array(0),
  weightsFolder: "",
  positionInput: "answer_position",
  output: "answer_logits",
};
const graph: CausalGraph = {
  inputs: [
    { name: "input_ids", type: "int64" },
    { name: "attention_mask", type: "int64" },
    { name: "position_ids", type: "int64" },
  ],
  caches: [
    {
      pastName: "past_key_values.0.key",
      presentName: "present.0.key",
      type: "float32",
      heads: 1,
      size: 1,
    },
  ],
  keepInput: undefined,
};

/** What a run was fed. */
interface Fed {
  readonly ids: readonly number[][];
  readonly mask: readonly number[][];
  readonly positions: readonly number[][];
  /** Tokens of the cache. */
  readonly past: number;
}

function rowsOf(tensor: OnnxValue | undefined): number[][] {
  const { data, dims } = tensor as Tensor;
  const [rows = 0, length = 0] = dims;
  const cells = Array.from(data as BigInt64Array, Number);
  return Array.from({ length: rows }, (_, row) => cells.slice(row * length, (row + 1) * length));
}

/**
 * A graph whose cache holds the ids, and whose first word has the sum of all ids of a row up to its
 * position as its logit, the second 1.
 */
function createFakeGraph(keepsLast = false) {
  const runs: Fed[] = [];
  const run = async (feeds: InferenceSession.FeedsType, wanted: InferenceSession.FetchesType) => {
    const ids = rowsOf(feeds.input_ids);
    const past = feeds["past_key_values.0.key"] as Tensor | undefined;
    const tokens = past?.dims[2] ?? 0;
    const before = Array.from((past?.data ?? []) as Float32Array);
    runs.push({
      ids,
      mask: rowsOf(feeds.attention_mask),
      positions: rowsOf(feeds.position_ids),
      past: tokens,
    });
    const all = ids.map((own, row) => [...before.slice(row * tokens, (row + 1) * tokens), ...own]);
    const asked = (feeds.answer_position as Tensor | undefined)?.data as BigInt64Array | undefined;
    const sums = all.map((own, row) => {
      const end = tokens + (asked === undefined ? (ids[row]?.length ?? 0) : Number(asked[row]) + 1);
      return own.slice(0, end).reduce((sum, id) => sum + id, 0);
    });
    const length = all[0]?.length ?? 0;
    const present = new Tensor("float32", Float32Array.from(all.flat()), [
      all.length,
      1,
      length,
      1,
    ]);
    const logits = keepsLast
      ? new Tensor("float32", Float32Array.from(sums.flatMap((sum) => [0, 1, sum])), [
          sums.length,
          1,
          3,
        ])
      : new Tensor("float32", Float32Array.from(sums.flatMap((sum) => [sum, 1])), [
          sums.length,
          1,
          2,
        ]);
    const outputs: Record<string, Tensor> = {
      "present.0.key": present,
      answer_logits: logits,
      logits,
    };
    return Object.fromEntries((wanted as string[]).map((name) => [name, outputs[name] as Tensor]));
  };
  return { runs, session: { run } as unknown as Pick<InferenceSession, "run"> };
}

function withPrefixes(rows: readonly (readonly number[])[], prefixes: number[]): EncodedBatch {
  return { ...batchOf(rows), prefixLengths: Int32Array.from(prefixes) };
}

const rows = [
  [5, 6, 7, 8],
  [5, 6, 9],
];

suite("createCausalRun()", () => {
  test("computes what rows begin with once, and goes on after it", async () => {
    const { runs, session } = createFakeGraph();
    const run = createCausalRun(session, graph, { wordIds, answers });

    const logits = await run(withPrefixes(rows, [2, 2]));

    assert.deepEqual([...logits], [25, 19]);
    assert.deepEqual(runs, [
      { ids: [[5, 6]], mask: [[1, 1]], positions: [[0, 1]], past: 0 },
      {
        ids: [
          [7, 8],
          [9, 0],
        ],
        mask: [
          [1, 1, 1, 1],
          [1, 1, 1, 0],
        ],
        positions: [
          [2, 3],
          [2, 3],
        ],
        past: 2,
      },
    ]);
  });

  test("keeps it for the batches that follow", async () => {
    const { runs, session } = createFakeGraph();
    const run = createCausalRun(session, graph, { wordIds, answers });

    await run(withPrefixes(rows, [2, 2]));
    const logits = await run(withPrefixes([[5, 6, 1]], [2]));

    assert.deepEqual([...logits], [11]);
    assert.deepEqual(
      runs.map(({ past }) => past),
      [0, 2, 2],
    );
  });

  test("tells rows of different queries apart, and gives each its own logit", async () => {
    const { runs, session } = createFakeGraph();
    const run = createCausalRun(session, graph, { wordIds, answers });

    const logits = await run(withPrefixes([[5, 6, 7], [1, 2, 3], [5, 6, 8], [4]], [2, 2, 2, 0]));

    assert.deepEqual([...logits], [17, 5, 18, 3]);
    assert.equal(runs.length, 5);
  });

  test("always computes the last token of a row with the row", async () => {
    const { runs, session } = createFakeGraph();
    const run = createCausalRun(session, graph, { wordIds, answers });

    assert.deepEqual([...(await run(withPrefixes([[5, 6]], [2])))], [10]);
    assert.deepEqual(
      runs.map(({ ids }) => ids),
      [[[5]], [[6]]],
    );
  });

  test("computes rows whole where nobody says what they share", async () => {
    const { runs, session } = createFakeGraph();
    const run = createCausalRun(session, graph, { wordIds, answers });

    assert.deepEqual([...(await run(batchOf(rows)))], [25, 19]);
    assert.equal(runs.length, 1);
  });

  test("computes rows whole with a graph that has no keys and values", async () => {
    const { runs, session } = createFakeGraph();
    const run = createCausalRun(session, { ...graph, caches: [] }, { wordIds, answers });

    assert.deepEqual([...(await run(withPrefixes(rows, [2, 2])))], [25, 19]);
    assert.equal(runs.length, 1);
  });

  test("reads the last position of rows of one length where the graph gives no other", async () => {
    const { runs, session } = createFakeGraph(true);
    const keeping = { ...graph, keepInput: "num_logits_to_keep" };
    const run = createCausalRun(session, keeping, { wordIds });

    const logits = await run(withPrefixes([...rows, [5, 6, 10]], [2, 2, 2]));

    assert.deepEqual([...logits], [25, 19, 20]);
    assert.deepEqual(
      runs.map(({ ids }) => ids),
      [[[5, 6]], [[7, 8]], [[9], [10]]],
    );
  });

  test("takes one word's logit where there is no other", async () => {
    const { session } = createFakeGraph(true);
    const run = createCausalRun(
      session,
      { ...graph, keepInput: "logits_to_keep" },
      { wordIds: [2] },
    );

    assert.deepEqual([...(await run(withPrefixes([[5, 6, 1]], [2])))], [12]);
  });
});
