import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readCausalGraph } from "../../../src/inference/session/causal-graph.ts";
import type { TensorDescription } from "../../../src/inference/session/graph.ts";

const free = ["batch", "sequence"];
const ids: TensorDescription = { name: "input_ids", type: "int64", shape: free };
const mask: TensorDescription = { name: "attention_mask", type: "int64", shape: free };
const key: TensorDescription = {
  name: "past_key_values.0.key",
  type: "float16",
  shape: ["batch", 2, "past", 8],
};
const present = { ...key, name: "present.0.key" };

function refuses(inputs: readonly TensorDescription[], message: RegExp): void {
  assert.throws(() => readCausalGraph(inputs, [present]), { name: "StartupError", message });
}

suite("readCausalGraph()", () => {
  test("finds what is fed for each token, and the keys and values of each layer", () => {
    assert.deepEqual(readCausalGraph([ids, mask, key], [present]), {
      inputs: [
        { name: "input_ids", type: "int64" },
        { name: "attention_mask", type: "int64" },
      ],
      caches: [
        {
          pastName: "past_key_values.0.key",
          presentName: "present.0.key",
          type: "float16",
          heads: 2,
          size: 8,
        },
      ],
      keepInput: undefined,
    });
  });

  test("knows the input that limits the logits, and its own", () => {
    const keep = { name: "num_logits_to_keep", type: "int64", shape: [] };
    const position = { name: "answer_position", type: "int64", shape: ["batch", 1, 1] };
    const graph = readCausalGraph([ids, mask, keep, position], [], "answer_position");

    assert.equal(graph.keepInput, "num_logits_to_keep");
    assert.equal(graph.inputs.length, 2);
  });

  test("names what it cannot feed", () => {
    const branch = { name: "use_cache_branch", type: "bool", shape: [1] };
    refuses([ids, mask, branch], /cannot feed: `use_cache_branch`, bool \[1\]/);
    refuses([ids, mask, { ...key, type: "bfloat16" }], /`past_key_values.0.key`, bfloat16/);
    refuses([ids, mask, { ...key, name: "past_key_values.1.key" }], /`past_key_values.1.key`/);
    refuses([ids, { ...mask, type: "float32" }], /`attention_mask`, float32/);
    refuses([ids, key], /no input `attention_mask`/);
  });
});
