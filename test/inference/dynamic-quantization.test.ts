import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { quantizesActivations } from "../../src/inference/dynamic-quantization.ts";
import { packageRoot } from "../server-process.ts";

const fixture = (name: string) => join(packageRoot, "test", "fixtures", "tiny-xlm-r", "onnx", name);

suite("quantizesActivations()", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rerankd-quantization-"));
  });
  after(() => rm(folder, { recursive: true }));

  test("tells graphs that quantize while they run from those that do not", async () => {
    assert.equal(await quantizesActivations(fixture("model_quantized.onnx")), true);
    assert.equal(await quantizesActivations(fixture("model.onnx")), false);
    assert.equal(await quantizesActivations(fixture("model_fp16.onnx")), false);
  });

  test("does not take stored int8 weights for that", async () => {
    const name = "rerankd-mini-v3/onnx/model_quantized.onnx";
    assert.equal(await quantizesActivations(join(packageRoot, "models", name)), false);
  });

  test("finds the operator wherever the file is read in two", async () => {
    const name = "DynamicQuantizeLinear";
    const path = join(folder, "split.onnx");
    for (const before of [0, 14, 1]) {
      const start = (1 << 20) - before;
      await writeFile(path, Buffer.concat([Buffer.alloc(start), Buffer.from(name)]));
      assert.equal(await quantizesActivations(path), true, `${before} bytes before the edge`);
    }
  });

  test("rejects for a file that cannot be read", async () => {
    await assert.rejects(quantizesActivations(join(folder, "none.onnx")), { code: "ENOENT" });
  });
});
