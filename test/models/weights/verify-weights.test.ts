import assert from "node:assert/strict";
import { realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { StartupError } from "../../../src/errors.ts";
import { downloadModel } from "../../../src/models/hub/hub-download.ts";
import { openModel } from "../../../src/models/open-model.ts";
import { explainLoadError } from "../../../src/models/weights/verify-weights.ts";
import { startTinyHub, weights, weightsFile } from "../tiny-hub.ts";

suite("explainLoadError()", () => {
  test("looks at the bytes in the cache before it says what to do", async (context) => {
    const { options } = await startTinyHub(context);
    const { directory, commit } = await downloadModel(options);
    const model = await openModel({ ...options, name: options.id, directory, revision: commit });
    const error = new StartupError("the model cannot be loaded");

    assert.equal(await explainLoadError(error, model), error);
    const wrong = Buffer.from(weights);
    wrong.writeUInt8(wrong.readUInt8(5000) ^ 1, 5000);
    await writeFile(await realpath(join(directory, weightsFile)), wrong);
    const found = await explainLoadError(error, model);

    assert(found instanceof StartupError);
    assert.match(found.message, /`onnx\/model_quantized\.onnx` of `owner\/tiny` was damaged/);
    assert.match(found.hint ?? "", /rerankd pull --verify owner\/tiny/);
    const { revision, ...folder } = model;
    assert.equal(revision, commit);
    assert.equal(await explainLoadError(error, folder), error);
  });
});
