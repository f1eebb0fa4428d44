import assert from "node:assert/strict";
import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { makeAnswerGraph, UnknownHeadError } from "../../src/onnx/answer-graph.ts";
import { readOnnxFile } from "../../src/onnx/onnx-file.ts";
import { linkFromCache } from "../fakes/link-from-cache.ts";
import { type MadeNode, type MadeOnnx, onnxBytes } from "../fakes/onnx-bytes.ts";
import { fixtureOf } from "../families/families.ts";

const words = 50;
const size = 16;
const table = {
  name: "table",
  dims: [words, size],
  raw: new Uint8Array(words * size * Float32Array.BYTES_PER_ELEMENT),
};
const columns = { ...table, name: "head", dims: [size, words] };
const logitsShape = ["batch", "sequence", words];
const hidden: MadeNode = { operator: "Norm", outputs: ["hidden"] };

let folder = "";
before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "answer-graph-")));
});
after(() => rm(folder, { recursive: true }));

/** Returns what the changed graph says of itself. */
async function change(made: MadeOnnx) {
  const path = join(folder, "model.onnx");
  await writeFile(path, onnxBytes({ outputShape: logitsShape, ...made }));
  const graph = makeAnswerGraph(path, [7, 3]);
  const changed = join(folder, "changed.onnx");
  await writeFile(changed, graph.bytes);
  return { ...graph, file: readOnnxFile(changed) };
}

suite("makeAnswerGraph()", () => {
  const product = { operator: "MatMul", inputs: ["hidden", "head"] };

  test("has an input for the position, and the words' logits as its output", async () => {
    const { file, positionInput, output } = await change({
      nodes: [hidden, product],
      tensors: [columns],
    });

    const position = file.inputs.find(({ name }) => name === positionInput);
    assert.deepEqual([position?.type, position?.shape.slice(1)], ["int64", [1, 1]]);
    assert.deepEqual(
      file.outputs.map(({ name, type, shape }) => [name, type, shape.slice(1)]),
      [[output, "float32", [1, 2]]],
    );
    assert(file.operators.has("GatherND"));
  });

  test("leaves weights where they are, and copies small tensors", async () => {
    const few = { name: "axes", type: 7, dims: [1], raw: new Uint8Array(8) };
    const { file, bytes, weightsFolder } = await change({
      nodes: [hidden, product],
      tensors: [columns, few],
    });

    assert.equal(weightsFolder, folder);
    const original = await readFile(join(folder, "model.onnx"));
    const [external, ...others] = file.externalFiles;
    assert.deepEqual(others, []);
    assert.equal(external?.location, "model.onnx");
    // The weights stand at the end of their field, right before what needs them.
    assert((external?.neededBytes ?? 0) <= original.length);
    assert(bytes.length < original.length);
    assert.deepEqual(file.tensors.map(({ name }) => name).toSorted(), [
      "answer_word_ids",
      "axes",
      "head",
    ]);
  });

  test("takes the words' rows of a table that is also that of the embeddings", async () => {
    const turned = { operator: "Transpose", inputs: ["table"], outputs: ["head"] };
    const { file } = await change({ nodes: [hidden, turned, product], tensors: [table] });

    assert(file.operators.has("Transpose"));
    assert(file.operators.has("Identity"));
  });

  for (const [title, nodes] of [
    ["4 bits", [{ operator: "MatMulNBits", domain: "com.microsoft", inputs: ["hidden", "head"] }]],
    [
      "a cast and a soft cap",
      [
        { ...product, outputs: ["product"] },
        { operator: "Cast", inputs: ["product"], outputs: ["wide"] },
        { operator: "Tanh", inputs: ["wide"] },
      ],
    ],
    [
      "integers",
      [
        {
          operator: "DynamicQuantizeLinear",
          inputs: ["hidden"],
          outputs: ["quantized", "scale", "zero"],
        },
        { operator: "MatMulInteger", inputs: ["quantized", "head", "zero"], outputs: ["sums"] },
        { operator: "Cast", inputs: ["sums"], outputs: ["floats"] },
        { operator: "Mul", inputs: ["floats", "scale"] },
      ],
    ],
  ] as readonly (readonly [string, readonly MadeNode[]])[]) {
    test(`picks the words from the logits of a head of ${title}`, async () => {
      const { file } = await change({ nodes: [hidden, ...nodes], tensors: [columns] });

      assert(file.operators.has("GatherND"));
      assert(file.operators.has("Gather"));
      assert(!file.operators.has("Identity"));
    });
  }

  for (const [title, made, reason] of [
    ["whose logits are no product", { nodes: [hidden, { operator: "Scan" }] }, /no product/],
    [
      "that quantizes for others, too",
      {
        nodes: [
          hidden,
          { operator: "DynamicQuantizeLinear", inputs: ["hidden"], outputs: ["quantized"] },
          { operator: "MatMulInteger", inputs: ["quantized", "head"] },
          { operator: "MatMulInteger", inputs: ["quantized", "other"], outputs: ["else"] },
        ],
      },
      /no product/,
    ],
    ["of an old opset", { opsets: { "": 11 }, nodes: [hidden, product] }, /opset 11/],
  ] as readonly (readonly [string, MadeOnnx, RegExp])[]) {
    test(`refuses a graph ${title}`, async () => {
      await assert.rejects(change(made), (error) => {
        assert(error instanceof UnknownHeadError);
        assert.match(error.message, reason);
        return true;
      });
    });
  }

  test("follows the links of the hub's cache to the files of weights", async () => {
    const path = await linkFromCache(join(fixtureOf("qwen3-causal-gqa"), "onnx"), folder);

    const graph = makeAnswerGraph(path, [7, 3]);

    assert.equal(graph.weightsFolder, join(folder, "blobs"));
    const changed = join(folder, "linked.onnx");
    await writeFile(changed, graph.bytes);
    assert.deepEqual(
      readOnnxFile(changed).externalFiles.map(({ location }) => location),
      ["bb"],
    );
  });
});
