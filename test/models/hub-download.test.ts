import assert from "node:assert/strict";
import { readdir, readFile, readlink, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { type DownloadModelOptions, downloadModel } from "../../src/models/hub-download.ts";
import { readHubOptions } from "../../src/models/hub-options.ts";
import { type FakeHub, gitSha1, sha256, startHubServer } from "../fakes/hub-server.ts";
import { makeTempFolder, tinyCommit, tinyHubModel, tinyModelFiles } from "./tiny-model.ts";

const weightsFile = "onnx/model_quantized.onnx";
const weights = tinyModelFiles()[weightsFile] ?? Buffer.of();
const weightsRequest = new RegExp(sha256(weights));

suite("downloadModel()", () => {
  test("lays files out as Python's hub cache does", async (context) => {
    const { options, repo } = await setUp(context);

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
    const { options, repo } = await setUp(context);

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
    const { options } = await setUp(context);
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
    const { options, hub } = await setUp(context);
    await downloadModel(options);
    hub.requests.length = 0;

    await downloadModel(options);

    assert(hub.requests.every(({ path }) => path.startsWith("/api/")));
  });

  test("fetches only the other weights for another dtype", async (context) => {
    const { options, hub } = await setUp(context);
    await downloadModel(options);
    hub.requests.length = 0;

    await downloadModel({ ...options, dtype: "fp32" });

    const fetched = hub.requests.filter(({ path }) => path.includes("/resolve/"));
    assert.deepEqual(
      fetched.map(({ path }) => path),
      [`/owner/tiny/resolve/${tinyCommit}/onnx/model.onnx`],
    );
  });

  test("fetches external data before the graph", async (context) => {
    const files = {
      ...tinyModelFiles(),
      "onnx/model.onnx_data": Buffer.from("data 0"),
      "onnx/model.onnx_data_1": Buffer.from("data 1"),
      "onnx/model.onnx_database": Buffer.from("no"),
    };
    const { options, hub } = await setUp(context, tinyHubModel({ files }));

    await downloadModel({ ...options, dtype: "fp32" });

    const onnx = hub.requests.map(({ path }) => path.split("/onnx/")[1]).filter(Boolean);
    assert.deepEqual(onnx, ["model.onnx_data", "model.onnx_data_1", "model.onnx"]);
  });

  test("notes where a tag is, and nothing for a commit", async (context) => {
    const { options, repo } = await setUp(context, tinyHubModel({ refs: ["v1.0", "refs/pr/1"] }));

    await downloadModel({ ...options, revision: tinyCommit });
    await assert.rejects(readdir(join(repo, "refs")));
    await downloadModel({ ...options, revision: "refs/pr/1" });
    await downloadModel({ ...options, revision: "v1.0" });

    assert.equal(await readFile(join(repo, "refs", "refs", "pr", "1"), "utf8"), tinyCommit);
    assert.equal(await readFile(join(repo, "refs", "v1.0"), "utf8"), tinyCommit);
  });

  test("goes on with a range after the connection is cut", async (context) => {
    const { options, hub } = await setUp(context);
    const onProgress = cutDownload(hub);

    const { directory } = await downloadModel({ ...options, onProgress });

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
    const ranges = hub.requests.filter(({ origin }) => origin === "cdn").map(({ range }) => range);
    assert.equal(ranges.length, 2);
    assert.equal(ranges[0], undefined);
    assert.match(ranges[1] ?? "", /^bytes=[1-9]\d*-$/);
  });

  test("goes on from what an earlier process left", async (context) => {
    const { options, hub, repo } = await setUp(context);
    hub.fail({ path: weightsRequest, status: 503, times: 5 });
    await assert.rejects(downloadModel(options));
    const blob = join(repo, "blobs", sha256(weights));
    await writeFile(`${blob}.incomplete`, weights.subarray(0, 150_000));
    hub.requests.length = 0;

    await downloadModel(options);

    assert.deepEqual(await readFile(blob), weights);
    const [request] = hub.requests.filter(({ origin }) => origin === "cdn");
    assert.equal(request?.range, "bytes=150000-");
  });

  test("starts anew where the server knows no ranges", async (context) => {
    const { options, hub } = await setUp(context);
    const onProgress = cutDownload(hub);
    hub.fail({ path: weightsRequest, ignoreRange: true });

    const { directory } = await downloadModel({ ...options, onProgress });

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
  });

  test("starts anew where the server refuses the range", async (context) => {
    const { options, hub } = await setUp(context);
    const onProgress = cutDownload(hub);
    hub.fail({ path: weightsRequest, status: 416 });

    const { directory } = await downloadModel({ ...options, onProgress });

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
    const last = hub.requests.at(-1);
    assert.equal(last?.range, undefined);
  });

  test("fetches anew what an earlier process left damaged", async (context) => {
    const { options, hub, repo } = await setUp(context);
    hub.fail({ path: weightsRequest, status: 503, times: 5 });
    await assert.rejects(downloadModel(options));
    const blob = join(repo, "blobs", sha256(weights));
    await writeFile(`${blob}.incomplete`, Buffer.alloc(1000));

    await downloadModel(options);

    assert.deepEqual(await readFile(blob), weights);
  });

  test("tries again while the hub answers with 500", async (context) => {
    const { options, hub } = await setUp(context);
    hub.fail({ path: /^\/api\//, status: 500, times: 2 });
    hub.fail({ path: weightsRequest, status: 502, times: 4 });

    const { directory } = await downloadModel(options);

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
  });

  test("gives up a connection that stands still, and goes on over another", async (context) => {
    const { options, hub } = await setUp(context);
    hub.fail({ path: weightsRequest, pauseAfterBytes: 50_000 });

    const { directory } = await downloadModel({ ...options, stallTimeoutMs: 500 });

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
    assert.match(hub.requests.at(-1)?.range ?? "", /^bytes=[1-9]/);
  });

  test("stops at once on abort, and the next call goes on", async (context) => {
    const { options, hub, repo } = await setUp(context);
    hub.fail({ path: weightsRequest, pauseAfterBytes: 50_000 });
    const controller = new AbortController();
    const stopped = downloadModel({
      ...options,
      signal: controller.signal,
      onProgress: ({ file, fileBytes }) => {
        if (file === weightsFile && fileBytes > 0) controller.abort();
      },
    });
    await assert.rejects(stopped, {
      name: "StartupError",
      message: /was stopped/,
      hint: /goes on/,
    });
    assert.equal((await readdir(join(repo, "blobs"))).includes(sha256(weights)), false);

    const { directory } = await downloadModel(options);

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
    assert.match(hub.requests.at(-1)?.range ?? "", /^bytes=[1-9]/);
  });

  test("fetches a model once for two callers at the same time", async (context) => {
    const { options, hub } = await setUp(context);

    const [first, second] = await Promise.all([downloadModel(options), downloadModel(options)]);

    assert.deepEqual(first, second);
    assert.deepEqual(await readFile(join(second.directory, weightsFile)), weights);
    assert.equal(hub.requests.filter(({ origin }) => origin === "cdn").length, 1);
  });

  test("leaves no lock and no partial file behind", async (context) => {
    const { options, repo } = await setUp(context);

    await downloadModel(options);

    const locks = await readdir(join(options.hub.cacheDirectory, ".locks"), { recursive: true });
    assert.deepEqual(locks, ["models--owner--tiny"]);
    const blobs = await readdir(join(repo, "blobs"));
    assert(blobs.every((name) => /^[0-9a-f]+$/.test(name)));
  });

  test("sends the token to the endpoint and to no other origin", async (context) => {
    const { options, hub } = await setUp(context, tinyHubModel({ token: "secret" }), {
      HF_TOKEN: "secret",
    });

    await downloadModel(options);

    for (const { origin, authorization } of hub.requests) {
      assert.equal(authorization, origin === "hub" ? "Bearer secret" : undefined);
    }
    assert(hub.requests.some(({ origin }) => origin === "cdn"));
  });

  test("uses a blob that is there for a new commit", async (context) => {
    const { options, hub, repo } = await setUp(context);
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

/** Lets the hub cut the connection once a part of the weights has come. Returns the `onProgress` to pass. */
function cutDownload(hub: FakeHub): NonNullable<DownloadModelOptions["onProgress"]> {
  let cut = () => {};
  const resume = new Promise<void>((resolve) => {
    cut = resolve;
  });
  hub.fail({ path: weightsRequest, cutAfterBytes: 70_000, resume });
  return ({ file, fileBytes }) => {
    if (file === weightsFile && fileBytes > 0) cut();
  };
}

interface SetUp {
  readonly hub: FakeHub;
  readonly options: DownloadModelOptions;
  /** The model's folder in the cache. */
  readonly repo: string;
}

async function setUp(
  context: TestContext,
  model = tinyHubModel(),
  env: Readonly<Record<string, string>> = {},
): Promise<SetUp> {
  const home = await makeTempFolder(context);
  const hub = await startHubServer([model]);
  context.after(() => hub.close());
  const hubOptions = await readHubOptions({ HF_HOME: home, HF_ENDPOINT: hub.endpoint, ...env });
  const repo = join(home, "hub", "models--owner--tiny");
  const retryPolicy = { attempts: 5, firstDelayMs: 1 };
  const options = {
    id: "owner/tiny",
    dtype: "auto",
    device: "cpu",
    hub: hubOptions,
    retryPolicy,
  } as const;
  return { hub, options, repo };
}
