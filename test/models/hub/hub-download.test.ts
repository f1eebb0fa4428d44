import assert from "node:assert/strict";
import { readdir, readFile, readlink, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { downloadModel } from "../../../src/models/hub/hub-download.ts";
import { gitSha1, sha256, startHubServer } from "../../fakes/hub-server.ts";
import { onnxBytes } from "../../fakes/onnx-bytes.ts";
import { startTinyHub, weights, weightsFile } from "../tiny-hub.ts";
import { tinyCommit, tinyHubModel, tinyModelFiles } from "../tiny-model.ts";

suite("downloadModel()", () => {
  test("lays files out as Python's hub cache does", async (context) => {
    const { options, repo } = await startTinyHub(context);

    const { directory, commit } = await downloadModel(options);

    assert.equal(commit, tinyCommit);
    assert.equal(directory, join(repo, "snapshots", tinyCommit));
    assert.equal(await readFile(join(repo, "refs", "main"), "utf8"), tinyCommit);
    const pointer = join(directory, weightsFile);
    assert.equal(await readlink(pointer), `../../../blobs/${sha256(weights)}`);
    assert.deepEqual(await readFile(pointer), weights);
    const config = tinyModelFiles()["config.json"] ?? Buffer.of();
    assert.equal(await readlink(join(directory, "config.json")), `../../blobs/${gitSha1(config)}`);
  });

  test("fetches only the files that the weights need", async (context) => {
    const { options, repo } = await startTinyHub(context);

    const { directory } = await downloadModel(options);

    const names = await readdir(directory, { recursive: true });
    assert.deepEqual(names.sort(), [
      "README.md",
      "config.json",
      "onnx",
      "onnx/model_quantized.onnx",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    assert.equal((await readdir(join(repo, "blobs"))).length, 5);
  });

  test("reports bytes up to the sum of the files", async (context) => {
    const { options } = await startTinyHub(context);
    const seen: number[] = [];

    await downloadModel({ ...options, onProgress: ({ bytes }) => seen.push(bytes) });

    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    const files = tinyModelFiles();
    const needed = ["README.md", "config.json", "tokenizer.json", "tokenizer_config.json"];
    const total = [...needed, weightsFile].reduce(
      (sum, name) => sum + (files[name]?.length ?? 0),
      0,
    );
    assert.equal(seen.at(-1), total);
  });

  test("fetches no file a second time", async (context) => {
    const { options, hub } = await startTinyHub(context);
    await downloadModel(options);
    hub.requests.length = 0;

    await downloadModel(options);

    assert(hub.requests.every(({ path }) => path.startsWith("/api/")));
  });

  test("fetches only the other weights for another dtype", async (context) => {
    const { options, hub } = await startTinyHub(context);
    await downloadModel(options);
    hub.requests.length = 0;

    await downloadModel({ ...options, dtype: "fp32" });

    const fetched = hub.requests.filter(({ path }) => path.includes("/resolve/"));
    assert.deepEqual(
      fetched.map(({ path }) => path),
      [`/owner/tiny/resolve/${tinyCommit}/onnx/model.onnx`],
    );
  });

  for (const names of [
    ["model.onnx_data", "model.onnx_data_1"],
    ["model.onnx.data"],
    ["weights.bin", "more.bin"],
  ]) {
    test(`fetches the external data ${names.join(" and ")} that the graph names`, async (context) => {
      const tensors = names.map((location) => ({ dims: [10], location }));
      const files: Record<string, Buffer> = {
        ...tinyModelFiles(),
        "onnx/model.onnx": onnxBytes({ tensors }),
        "onnx/model.onnx_data_9": Buffer.from("named by nobody"),
      };
      for (const name of names) files[`onnx/${name}`] = Buffer.alloc(40, name);
      const { options, hub } = await startTinyHub(context, tinyHubModel({ files }));

      await downloadModel({ ...options, dtype: "fp32" });

      const onnx = hub.requests.map(({ path }) => path.split("/onnx/")[1]).filter(Boolean);
      assert.deepEqual(onnx, ["model.onnx", ...names]);
    });
  }

  const missing: readonly (readonly [string, Buffer | undefined, RegExp])[] = [
    [
      "is not listed",
      undefined,
      /keeps its weights in `onnx\/weights\.bin`, which `owner\/tiny` does/,
    ],
    ["is too short", Buffer.alloc(39), /`owner\/tiny` has only a part of/],
  ];
  for (const [title, bytes, message] of missing) {
    test(`says that external data ${title}`, async (context) => {
      const tensors = [{ dims: [10], location: "weights.bin" }];
      const files: Record<string, Buffer> = {
        ...tinyModelFiles(),
        "onnx/model.onnx": onnxBytes({ tensors }),
        ...(bytes && { "onnx/weights.bin": bytes }),
      };
      const { options } = await startTinyHub(context, tinyHubModel({ files }));

      await assert.rejects(downloadModel({ ...options, dtype: "fp32" }), {
        name: "StartupError",
        message,
        hint: /--onnx-file/,
      });
    });
  }

  test("finds and replaces files of the right size with wrong bytes, if it is asked to", async (context) => {
    const { options } = await startTinyHub(context);
    const { directory } = await downloadModel(options);
    const blob = await realpath(join(directory, weightsFile));
    const wrong = Buffer.from(weights);
    wrong.writeUInt8(wrong.readUInt8(1000) ^ 1, 1000);
    await writeFile(blob, wrong);

    const trusting = await downloadModel(options);
    assert.deepEqual(trusting.replaced, []);
    const { replaced } = await downloadModel({ ...options, verify: true });

    assert.deepEqual(replaced, [weightsFile]);
    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
  });

  test("notes where a tag is, and nothing for a commit", async (context) => {
    const { options, repo } = await startTinyHub(
      context,
      tinyHubModel({ refs: ["v1.0", "refs/pr/1"] }),
    );

    await downloadModel({ ...options, revision: tinyCommit });
    await assert.rejects(readdir(join(repo, "refs")));
    await downloadModel({ ...options, revision: "refs/pr/1" });
    await downloadModel({ ...options, revision: "v1.0" });

    assert.equal(await readFile(join(repo, "refs", "refs", "pr", "1"), "utf8"), tinyCommit);
    assert.equal(await readFile(join(repo, "refs", "v1.0"), "utf8"), tinyCommit);
  });

  test("fetches a model once for two callers at the same time", async (context) => {
    const { options, hub } = await startTinyHub(context);

    const [first, second] = await Promise.all([downloadModel(options), downloadModel(options)]);

    assert.deepEqual(first, second);
    assert.deepEqual(await readFile(join(second.directory, weightsFile)), weights);
    assert.equal(hub.requests.filter(({ origin }) => origin === "cdn").length, 1);
  });

  test("leaves no lock and no partial file behind", async (context) => {
    const { options, repo } = await startTinyHub(context);

    await downloadModel(options);

    const locks = await readdir(join(options.hub.cacheDirectory, ".locks"), { recursive: true });
    assert.deepEqual(locks, ["models--owner--tiny"]);
    const blobs = await readdir(join(repo, "blobs"));
    assert(blobs.every((name) => /^[0-9a-f]+$/.test(name)));
  });

  test("sends the token to the endpoint and to no other origin", async (context) => {
    const { options, hub } = await startTinyHub(context, tinyHubModel({ token: "secret" }), {
      HF_TOKEN: "secret",
    });

    await downloadModel(options);

    for (const { origin, authorization } of hub.requests) {
      assert.equal(authorization, origin === "hub" ? "Bearer secret" : undefined);
    }
    assert(hub.requests.some(({ origin }) => origin === "cdn"));
  });

  test("uses a blob that is there for a new commit", async (context) => {
    const { options, hub, repo } = await startTinyHub(context);
    await downloadModel(options);
    const commit = "a".repeat(40);
    const next = await startHubServer([tinyHubModel({ commit })]);
    context.after(() => next.close());
    hub.requests.length = 0;

    const { directory } = await downloadModel({
      ...options,
      hub: { ...options.hub, endpoint: next.endpoint },
    });

    assert.equal(
      await realpath(join(directory, weightsFile)),
      await realpath(join(repo, "blobs", sha256(weights))),
    );
    assert(next.requests.every(({ path }) => path.startsWith("/api/")));
    assert.equal(await readFile(join(repo, "refs", "main"), "utf8"), commit);
  });
});
