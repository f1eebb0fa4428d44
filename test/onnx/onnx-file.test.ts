import assert from "node:assert/strict";
import { openSync, writeSync } from "node:fs";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { readOnnxFile } from "../../src/onnx/onnx-file.ts";
import { fixturePath } from "../fakes/inference-fixtures.ts";
import { type MadeOnnx, onnxBytes } from "../fakes/onnx-bytes.ts";
import { makeTempFolder } from "../models/tiny-model.ts";

suite("readOnnxFile()", () => {
  test("reads what torch.onnx wrote", () => {
    const file = readOnnxFile(fixturePath("type-ids"));

    assert.equal(file.irVersion, 8);
    assert.deepEqual([...file.opsets], [["", 17]]);
    assert.deepEqual(
      file.inputs.map(({ name, type, shape }) => [name, type, shape]),
      ["input_ids", "attention_mask", "token_type_ids"].map((name) => [
        name,
        "int64",
        ["batch", "sequence"],
      ]),
    );
    assert.deepEqual(file.outputs, [{ name: "logits", type: "float32", shape: ["batch", 1] }]);
    assert(file.operators.has("ReduceSum"));
    assert.deepEqual(file.externalFiles, []);
  });

  test("finds operators in subgraphs, constants and files beside it", async (context) => {
    const path = await writeOnnx(context, {
      opsets: { "ai.onnx": 21, "com.acme": 1 },
      nodes: [
        { operator: "If", body: [{ operator: "Loop", body: [{ operator: "Deep" }] }] },
        { operator: "Foo", domain: "com.acme" },
        { operator: "Constant", constant: { type: 3, dims: [4, 8], raw: Buffer.alloc(32) } },
      ],
      functions: [{ domain: "com.acme", name: "Foo" }],
      tensors: [
        { name: "a", dims: [10], location: "weights.bin", offset: 64, length: 40 },
        { name: "b", dims: [10], location: "weights.bin", offset: 4096 },
        { name: "c", dims: [3], location: "more/other.data" },
      ],
    });

    const file = readOnnxFile(path);

    assert.deepEqual([...file.operators].sort(), [
      "Constant",
      "Deep",
      "If",
      "Loop",
      "com.acme:Foo",
    ]);
    assert.deepEqual([...file.functions], ["com.acme:Foo"]);
    assert.equal(file.opsets.get(""), 21);
    assert.deepEqual(file.externalFiles, [
      { location: "weights.bin", neededBytes: 4136 },
      { location: "more/other.data", neededBytes: 12 },
    ]);
    assert(file.tensors.some(({ type, bytes }) => type === "int8" && bytes === 32));
  });

  test("leaves weights out of the inputs that old files list them among", async (context) => {
    const path = await writeOnnx(context, {
      inputs: ["input_ids", "attention_mask", "W"],
      tensors: [{ name: "W", dims: [1], raw: Buffer.alloc(4) }],
    });

    const names = readOnnxFile(path).inputs.map(({ name }) => name);

    assert.deepEqual(names, ["input_ids", "attention_mask"]);
  });

  test("skips gigabytes of weights in the file without reading them", async (context) => {
    const path = join(await makeTempFolder(context), "large.onnx");
    const length = 3 * 2 ** 30;
    // A tensor of 3 GiB in a graph, its bytes a hole in the file.
    const varint = (value: number): number[] =>
      value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
    const raw = [9 * 8 + 2, ...varint(length)];
    const tensor = [1 * 8, ...varint(length), 2 * 8, 2, ...raw];
    const after = [8 * 8 + 2, 1, "W".charCodeAt(0)];
    const tensorLength = tensor.length + length + after.length;
    const initializer = [5 * 8 + 2, ...varint(tensorLength), ...tensor];
    const graphLength = initializer.length + length + after.length;
    const head = Buffer.from([8, 8, 7 * 8 + 2, ...varint(graphLength), ...initializer]);
    const descriptor = openSync(path, "w");
    writeSync(descriptor, head, 0, head.length, 0);
    writeSync(descriptor, Buffer.from(after), 0, after.length, head.length + length);

    const startedMs = performance.now();
    const { tensors } = readOnnxFile(path);

    assert.deepEqual(tensors, [{ name: "W", type: "uint8", dims: [length], bytes: length }]);
    assert(performance.now() - startedMs < 1000);
  });

  const notOnnx: readonly (readonly [string, Buffer])[] = [
    ["a web page", Buffer.from("<!DOCTYPE html><html><body>Sign in</body></html>")],
    ["zeros", Buffer.alloc(100)],
    ["a zip archive", Buffer.from("PK\u0003\u0004abcdefgh", "latin1")],
    ["a message without a graph", Buffer.from([8, 8])],
    ["an endless number", Buffer.alloc(20, 0xff)],
  ];
  for (const [title, bytes] of notOnnx) {
    test(`refuses ${title}`, async (context) => {
      const path = join(await makeTempFolder(context), "model.onnx");
      await writeFile(path, bytes);

      assert.throws(() => readOnnxFile(path), { name: "MalformedMessageError" });
    });
  }

  test("refuses a file that is cut off, wherever that is", async (context) => {
    const path = await writeOnnx(context, {
      nodes: [{ operator: "Add" }],
      tensors: [{ dims: [50], raw: Buffer.alloc(200, 7) }],
    });
    const whole = onnxBytes({
      nodes: [{ operator: "Add" }],
      tensors: [{ dims: [50], raw: Buffer.alloc(200, 7) }],
    });
    // What is left of the graph's field counts: the operator sets come after it.
    const graphEnd = whole.length - 4;
    for (let length = 1; length < graphEnd; length += 7) {
      await writeFile(path, whole);
      await truncate(path, length);
      assert.throws(() => readOnnxFile(path), { name: "MalformedMessageError" }, String(length));
    }
  });
});

async function writeOnnx(context: TestContext, made: MadeOnnx): Promise<string> {
  const path = join(await makeTempFolder(context), "model.onnx");
  await writeFile(path, onnxBytes(made));
  return path;
}
