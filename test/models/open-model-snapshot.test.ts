import assert from "node:assert/strict";
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { cacheLinkRoots, linkBlob, repoDirectory } from "../../src/models/hub/hub-cache.ts";
import { type OpenModelOptions, openModel } from "../../src/models/open-model.ts";
import { fakeGraph, makeTempFolder, tinyModelFiles, writeFiles } from "./tiny-model.ts";

const choice = { name: "tiny", dtype: "auto", device: "cpu" } as const;

suite("openModel() of a snapshot", () => {
  test("follows links to blobs, and to blobs that models share", async (context) => {
    const { options, cache, repo } = await makeSnapshot(context);
    await writeFiles(cache, { "blobs/ab/shared": fakeGraph(2, 3) });
    await rm(join(repo, "blobs", "model_quantized.onnx"));
    await linkBlob(
      join(cache, "blobs", "ab", "shared"),
      join(repo, "blobs", "model_quantized.onnx"),
    );

    const model = await openModel(options);

    assert.equal(model.dtype, "int8");
  });

  test("refuses a link that leaves the cache", async (context) => {
    const { options } = await makeSnapshot(context);
    const outside = await makeTempFolder(context);
    await writeFiles(outside, { "tokenizer.json": "{}" });
    const pointer = join(options.directory, "tokenizer.json");
    await rm(pointer);
    await symlink(join(outside, "tokenizer.json"), pointer);

    await assert.rejects(openModel(options), {
      name: "StartupError",
      message: /tokenizer\.json leads out of the model's folder/,
    });
  });

  test("refuses a link to another model's files", async (context) => {
    const { options, cache } = await makeSnapshot(context);
    await writeFiles(repoDirectory(cache, "owner/other"), { "blobs/c": "{}" });
    const pointer = join(options.directory, "config.json");
    await rm(pointer);
    await symlink("../../../models--owner--other/blobs/c", pointer);

    await assert.rejects(openModel(options), { message: /leads out of the model's folder/ });
  });

  test("says that a link leads to no file", async (context) => {
    const { options, repo } = await makeSnapshot(context);
    await rm(join(repo, "blobs", "tokenizer.json"));

    await assert.rejects(openModel(options), {
      message: /tokenizer\.json leads to no file/,
      hint: /rerankd pull/,
    });
  });
});

interface MadeSnapshot {
  readonly options: OpenModelOptions;
  readonly cache: string;
  readonly repo: string;
}

async function makeSnapshot(context: TestContext): Promise<MadeSnapshot> {
  const cache = await makeTempFolder(context);
  const repo = repoDirectory(cache, "owner/tiny");
  const directory = join(repo, "snapshots", "c");
  for (const [path, bytes] of Object.entries(tinyModelFiles())) {
    const blob = path.replace("onnx/", "");
    await writeFiles(join(repo, "blobs"), { [blob]: bytes });
    await linkBlob(join(repo, "blobs", blob), join(directory, path));
  }
  const linkRoots = cacheLinkRoots(cache, "owner/tiny");
  return { options: { ...choice, directory, linkRoots }, cache, repo };
}
