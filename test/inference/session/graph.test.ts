import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { StartupError } from "../../../src/errors.ts";
import { readGraph, type TensorDescription } from "../../../src/inference/session/graph.ts";

const free = ["batch", "sequence"] as const;
const ids = { name: "input_ids", type: "int64", shape: free };
const mask = { name: "attention_mask", type: "int64", shape: free };
const types = { name: "token_type_ids", type: "int64", shape: free };
const logits = { name: "logits", type: "float32", shape: ["batch", 1] };

function refuses(
  inputs: readonly TensorDescription[],
  outputs: readonly TensorDescription[],
  problem: RegExp,
): void {
  assert.throws(
    () => readGraph(inputs, outputs),
    (error) => {
      assert(error instanceof StartupError);
      assert.match(error.message, problem);
      assert(error.hint);
      return true;
    },
  );
}

suite("readGraph()", () => {
  test("feeds the inputs that the graph has", () => {
    assert.deepEqual(readGraph([ids, mask], [logits]), {
      inputs: [
        { name: "input_ids", type: "int64" },
        { name: "attention_mask", type: "int64" },
      ],
      outputName: "logits",
      positiveLabel: undefined,
    });
    assert.equal(readGraph([ids, mask, types], [logits]).inputs.length, 3);
  });

  test("takes two labels only where one of them is chosen", () => {
    const two = { ...logits, shape: ["batch", 2] };

    assert.equal(readGraph([ids, mask], [two], 1).positiveLabel, 1);
    assert.throws(() => readGraph([ids, mask], [two]), /has 2 labels per pair/);
    assert.throws(() => readGraph([ids, mask], [logits], 1), /has 1 labels per pair/);
  });

  test("takes the output `logits`, or the only one", () => {
    const hidden = { name: "hidden", type: "float32", shape: ["batch", 8] };
    assert.equal(readGraph([ids, mask], [hidden, logits]).outputName, "logits");
    assert.equal(readGraph([ids, mask], [{ ...logits, name: "score" }]).outputName, "score");
    refuses([ids, mask], [hidden, { ...hidden, name: "pooled" }], /`hidden`, `pooled`/);
    refuses([ids, mask], [], /only none/);
  });

  test("names the inputs that it cannot feed", () => {
    const unknown = ["position_ids", "pixels"].map((name) => ({ ...ids, name }));
    refuses([ids, mask, ...unknown], [logits], /cannot feed: `pixels`/);
  });

  test("wants ids and a mask", () => {
    refuses([ids], [logits], /no input `attention_mask`, only `input_ids`/);
    refuses([mask], [logits], /no input `input_ids`/);
  });

  test("wants whole numbers in and a free batch and length", () => {
    refuses(
      [ids, { ...mask, type: "float32" }],
      [logits],
      /`attention_mask` must be int64 or int32, got: `float32`/,
    );
    refuses(
      [{ ...ids, shape: [1, 128] }, mask],
      [logits],
      /`input_ids` must have a free batch and length, got: \[1, 128\]/,
    );
  });

  test("wants one floating-point number per row out", () => {
    refuses(
      [ids, mask],
      [{ ...logits, shape: ["batch", 3] }],
      /this model has 3 labels per pair; a reranker has 1/,
    );
    refuses([ids, mask], [{ ...logits, type: "int64" }], /float32 or float16, got: `int64`/);
    refuses(
      [ids, mask],
      [{ ...logits, shape: ["batch", "sequence", 1] }],
      /\[batch\] or \[batch, 1\]/,
    );
  });
});
