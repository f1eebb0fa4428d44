import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { type DownloadModelOptions, downloadModel } from "../../../src/models/hub/hub-download.ts";
import { type FakeHub, sha256 } from "../../fakes/hub-server.ts";
import { startTinyHub, weights, weightsFile, weightsRequest } from "../tiny-hub.ts";

suite("downloadModel() after a fault", () => {
  test("goes on with a range after the connection is cut", async (context) => {
    const { options, hub } = await startTinyHub(context);
    const onProgress = cutDownload(hub);

    const { directory } = await downloadModel({ ...options, onProgress });

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
    const ranges = hub.requests.filter(({ origin }) => origin === "cdn").map(({ range }) => range);
    assert.equal(ranges.length, 2);
    assert.equal(ranges[0], undefined);
    assert.match(ranges[1] ?? "", /^bytes=[1-9]\d*-$/);
  });

  test("goes on from what an earlier process left", async (context) => {
    const { options, hub, repo } = await startTinyHub(context);
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
    const { options, hub } = await startTinyHub(context);
    const onProgress = cutDownload(hub);
    hub.fail({ path: weightsRequest, ignoreRange: true });

    const { directory } = await downloadModel({ ...options, onProgress });

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
  });

  test("starts anew where the server refuses the range", async (context) => {
    const { options, hub } = await startTinyHub(context);
    const onProgress = cutDownload(hub);
    hub.fail({ path: weightsRequest, status: 416 });

    const { directory } = await downloadModel({ ...options, onProgress });

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
    const last = hub.requests.at(-1);
    assert.equal(last?.range, undefined);
  });

  test("fetches anew what an earlier process left damaged", async (context) => {
    const { options, hub, repo } = await startTinyHub(context);
    hub.fail({ path: weightsRequest, status: 503, times: 5 });
    await assert.rejects(downloadModel(options));
    const blob = join(repo, "blobs", sha256(weights));
    await writeFile(`${blob}.incomplete`, Buffer.alloc(1000));

    await downloadModel(options);

    assert.deepEqual(await readFile(blob), weights);
  });

  test("tries again while the hub answers with 500", async (context) => {
    const { options, hub } = await startTinyHub(context);
    hub.fail({ path: /^\/api\//, status: 500, times: 2 });
    hub.fail({ path: weightsRequest, status: 502, times: 4 });

    const { directory } = await downloadModel(options);

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
  });

  test("gives up a connection that stands still, and goes on over another", async (context) => {
    const { options, hub } = await startTinyHub(context);
    hub.fail({ path: weightsRequest, pauseAfterBytes: 50_000 });

    const { directory } = await downloadModel({ ...options, stallTimeoutMs: 500 });

    assert.deepEqual(await readFile(join(directory, weightsFile)), weights);
    assert.match(hub.requests.at(-1)?.range ?? "", /^bytes=[1-9]/);
  });

  test("stops at once on abort, and the next call goes on", async (context) => {
    const { options, hub, repo } = await startTinyHub(context);
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
});

/**
 * Lets the hub cut the connection once a part of the weights has come. Returns the `onProgress` to
 * pass.
 */
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
