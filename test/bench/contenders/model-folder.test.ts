import assert from "node:assert/strict";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { makeModelFolder, safetensorsPath } from "../../../bench/contenders/model-folder.ts";

suite("makeModelFolder()", () => {
  let root = "";
  let modelFolder = "";
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "rerankd-bench-"));
    modelFolder = join(root, "model");
    await mkdir(join(modelFolder, "onnx"), { recursive: true });
    await writeFile(join(modelFolder, "config.json"), "{}");
    await writeFile(join(modelFolder, "model.safetensors"), "weights");
    await writeFile(join(modelFolder, "onnx", "model_quantized.onnx"), "graph");
  });
  after(() => rm(root, { recursive: true, force: true }));

  const make = (name = "some") =>
    makeModelFolder(
      { root, modelFolder },
      {
        name,
        weights: { "onnx/model.onnx": join(modelFolder, "onnx", "model_quantized.onnx") },
        json: { "limit.json": { max: 512 } },
      },
    );

  test("has the small files and the weights that are wanted, and no others", async () => {
    const folder = await make();
    assert.deepEqual((await readdir(folder)).sort(), ["config.json", "limit.json", "onnx"]);
    assert.deepEqual(await readdir(join(folder, "onnx")), ["model.onnx"]);
    assert.equal(await readFile(join(folder, "onnx", "model.onnx"), "utf8"), "graph");
    assert.equal(await readFile(join(folder, "limit.json"), "utf8"), '{"max":512}');
  });

  test("copies the small files, so that nobody writes into the model through them", async () => {
    assert.ok(!(await lstat(join(await make(), "config.json"))).isSymbolicLink());
  });

  test("keeps what a contender wrote there, when it is made again", async () => {
    const folder = await make();
    await writeFile(join(folder, "onnx", "model_optimized.onnx"), "optimized");
    assert.equal(await make(), folder);
    assert.equal((await readdir(join(folder, "onnx"))).length, 2);
    assert.notEqual(await make("other"), folder);
  });

  test("finds PyTorch's weights, and says so where there are none", () => {
    assert.equal(safetensorsPath(modelFolder), join(modelFolder, "model.safetensors"));
    assert.throws(() => safetensorsPath(join(modelFolder, "onnx")), /no model\.safetensors/);
  });
});
