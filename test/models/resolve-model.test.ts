import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { readHubOptions } from "../../src/models/hub/hub-options.ts";
import {
  defaultModelId,
  type ResolveModelOptions,
  resolveModel,
} from "../../src/models/resolve-model.ts";
import { type FakeHub, startHubServer } from "../fakes/hub-server.ts";
import {
  makeTempFolder,
  tinyCommit,
  tinyHubModel,
  tinyModelFiles,
  writeFiles,
} from "./tiny-model.ts";

suite("resolveModel()", () => {
  test("serves the bundled model where nothing is set and nothing cached", async (context) => {
    const { options, hub } = await setUp(context);

    const { model, source, choice, notice } = await resolveModel(options);

    assert.equal(source, "bundled");
    assert.equal(model.name, "rerankd-multilingual-v1");
    assert.equal(
      choice,
      `serving the bundled model rerankd-multilingual-v1; for ${defaultModelId} run \`rerankd pull ${defaultModelId}\``,
    );
    assert.equal(notice, undefined);
    assert.equal(hub.requests.length, 0);
  });

  test("serves the default model from the cache where nothing is set", async (context) => {
    const { options, hub } = await setUp(context);
    await resolveModel({ ...options, modelId: defaultModelId });
    hub.requests.length = 0;

    const { model, source, choice, notice } = await resolveModel(options);

    assert.equal(source, "cache");
    assert.equal(model.name, defaultModelId);
    assert.match(choice ?? "", /from the cache; for the bundled model set --model-id bundled/);
    assert.equal(notice, "licence CC-BY-NC-4.0: not for commercial use");
    assert.equal(hub.requests.length, 0);
  });

  test("serves the bundled model where the default one is not whole", async (context) => {
    const { options } = await setUp(context);
    const { model } = await resolveModel({ ...options, modelId: defaultModelId });
    await rm(join(model.directory, "tokenizer.json"));

    assert.equal((await resolveModel(options)).source, "bundled");
  });

  test("serves the bundled model by name, whatever is cached", async (context) => {
    const { options } = await setUp(context);
    await resolveModel({ ...options, modelId: defaultModelId });

    const { source, choice } = await resolveModel({ ...options, modelId: "bundled" });

    assert.equal(source, "bundled");
    assert.equal(choice, undefined);
  });

  test("downloads a named model once, and then needs no network", async (context) => {
    const { options, hub } = await setUp(context);
    const first = await resolveModel({ ...options, modelId: "owner/tiny" });
    hub.requests.length = 0;

    const second = await resolveModel({ ...options, modelId: "owner/tiny" });

    assert.equal(first.source, "download");
    assert.equal(second.source, "cache");
    assert.deepEqual(second.model, first.model);
    assert.equal(second.model.revision, tinyCommit);
    assert.equal(hub.requests.length, 0);
  });

  test("downloads a cached model's weights of another type", async (context) => {
    const { options } = await setUp(context);
    await resolveModel({ ...options, modelId: "owner/tiny" });

    const { model, source } = await resolveModel({
      ...options,
      modelId: "owner/tiny",
      dtype: "fp32",
    });

    assert.equal(source, "download");
    assert.equal(model.dtype, "fp32");
  });

  test("fetches the weights that suit a GPU although int8 ones are cached", async (context) => {
    const { options } = await setUp(context);
    await resolveModel({ ...options, modelId: "owner/tiny" });
    const onGpu = { ...options, modelId: "owner/tiny", device: "cuda" } as const;

    const offline = await resolveModel({ ...onGpu, hub: { ...onGpu.hub, offline: true } });
    const online = await resolveModel(onGpu);

    assert.equal(offline.model.dtype, "int8");
    assert.equal(online.model.dtype, "fp32");
  });

  test("serves a revision that is pinned", async (context) => {
    const { options } = await setUp(context);
    const pinned = { ...options, modelId: "owner/tiny", revision: tinyCommit };

    assert.equal((await resolveModel(pinned)).source, "download");
    assert.equal((await resolveModel(pinned)).source, "cache");
  });

  test("does not put another model in the place of one that cannot be had", async (context) => {
    const { options } = await setUp(context);
    await resolveModel({ ...options, modelId: defaultModelId });

    await assert.rejects(resolveModel({ ...options, modelId: "owner/none" }), {
      name: "StartupError",
      message: /there is no model `owner\/none`/,
    });
  });

  test("uses no network while offline, and says how to get the model", async (context) => {
    const { options, hub } = await setUp(context);
    const offline = { ...options, hub: { ...options.hub, offline: true } };

    await assert.rejects(resolveModel({ ...offline, modelId: "owner/tiny" }), {
      message: "`owner/tiny` is not in the cache, and HF_HUB_OFFLINE is set",
      hint: /unset HF_HUB_OFFLINE, or copy .* from a machine that ran `rerankd pull owner\/tiny`/,
    });
    await assert.rejects(resolveModel({ ...offline, modelId: "owner/tiny", revision: "v1" }), {
      message: "`owner/tiny` at revision `v1` is not in the cache, and HF_HUB_OFFLINE is set",
    });

    assert.equal(hub.requests.length, 0);
  });

  test("serves a folder, written from the root or from home", async (context) => {
    const { options } = await setUp(context);
    const folder = options.bundledDirectory;
    const home = { ...options.hub, homeDirectory: join(folder, "..") };

    const absolute = await resolveModel({ ...options, modelId: folder });
    const fromHome = await resolveModel({
      ...options,
      modelId: `~/${basename(folder)}`,
      hub: home,
    });

    assert.equal(absolute.source, "folder");
    assert.equal(absolute.model.name, basename(folder));
    assert.deepEqual(fromHome, absolute);
  });

  test("serves the snapshot folder of a cached model", async (context) => {
    const { options } = await setUp(context);
    const { model } = await resolveModel({ ...options, modelId: "owner/tiny" });

    assert.equal((await resolveModel({ ...options, modelId: model.directory })).source, "folder");
  });

  test("refuses a folder that is missing or is a file", async (context) => {
    const { options } = await setUp(context);
    const file = join(options.bundledDirectory, "config.json");
    await writeFile(file, "{}");

    await assert.rejects(resolveModel({ ...options, modelId: "./no/such" }), {
      name: "StartupError",
      message: /the model folder .*no\/such does not exist/,
    });
    await assert.rejects(resolveModel({ ...options, modelId: file }), {
      message: /is not a folder/,
    });
  });

  for (const modelId of ["a/b/c", "https://huggingface.co/a/b", "", "a--b/c", "a b", "gpt2"]) {
    test(`refuses the name ${JSON.stringify(modelId)}`, async (context) => {
      const { options } = await setUp(context);

      await assert.rejects(resolveModel({ ...options, modelId }), {
        name: "StartupError",
        message: `--model-id (or its variable) must be a hub id, a folder or \`bundled\`, got: \`${modelId}\``,
        hint: /owner\/name/,
      });
    });
  }

  test("refuses a revision without a hub id", async (context) => {
    const { options } = await setUp(context);

    for (const modelId of [undefined, "bundled", options.bundledDirectory]) {
      await assert.rejects(resolveModel({ ...options, modelId, revision: "main" }), {
        name: "StartupError",
        message: /--revision needs a hub id/,
      });
    }
  });

  test("says that the bundled model is missing", async (context) => {
    const { options } = await setUp(context);

    await assert.rejects(resolveModel({ ...options, bundledDirectory: "/nowhere/mini" }), {
      name: "StartupError",
      message: "the bundled model is not at /nowhere/mini",
      hint: /install the package again/,
    });
  });

  test("says which types of weights a folder has", async (context) => {
    const { options } = await setUp(context);

    await assert.rejects(resolveModel({ ...options, modelId: "bundled", dtype: "fp16" }), {
      message: "`rerankd-multilingual-v1` has no ONNX file for dtype `fp16`",
      hint: "there are: fp32, int8; choose one with --dtype",
    });
  });
});

async function setUp(
  context: TestContext,
): Promise<{ options: ResolveModelOptions; hub: FakeHub }> {
  const home = await makeTempFolder(context);
  const bundledDirectory = join(home, "rerankd-multilingual-v1");
  await writeFiles(bundledDirectory, tinyModelFiles());
  const { "README.md": _, ...withoutCard } = tinyModelFiles();
  const hub = await startHubServer([
    tinyHubModel(),
    tinyHubModel({ id: defaultModelId, files: withoutCard }),
  ]);
  context.after(() => hub.close());
  const hubOptions = await readHubOptions({ HF_HOME: home, HF_ENDPOINT: hub.endpoint });
  const retryPolicy = { attempts: 2, firstDelayMs: 1 };
  return {
    hub,
    options: { dtype: "auto", device: "cpu", hub: hubOptions, bundledDirectory, retryPolicy },
  };
}
