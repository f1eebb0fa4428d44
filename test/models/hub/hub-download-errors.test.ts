import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { suite, test } from "node:test";
import { StartupError } from "../../../src/errors.ts";
import { diskFileSystem } from "../../../src/models/hub/download-file-system.ts";
import { downloadModel } from "../../../src/models/hub/hub-download.ts";
import { sha256 } from "../../fakes/hub-server.ts";
import { startTinyHub, weights, weightsRequest } from "../tiny-hub.ts";
import { tinyHubModel } from "../tiny-model.ts";

suite("downloadModel() says what to do", () => {
  test("when bytes are wrong, and removes them", async (context) => {
    const { options, hub, repo } = await startTinyHub(context);
    hub.fail({ path: weightsRequest, corrupt: true });

    await assert.rejects(downloadModel(options), {
      name: "StartupError",
      message: /onnx\/model_quantized\.onnx was damaged on its way/,
      hint: /the bytes were removed/,
    });

    const names = await readdir(repo, { recursive: true });
    assert(
      !names.some((name) => name.includes(sha256(weights)) || name.includes("model_quantized")),
    );
  });

  test("when a small file's bytes are wrong", async (context) => {
    const { options, hub } = await startTinyHub(context);
    hub.fail({ path: /\/tokenizer\.json$/, corrupt: true });

    await assert.rejects(downloadModel(options), { message: /its git-sha1 is not the hub's/ });
  });

  test("when the hub keeps answering with 500", async (context) => {
    const { options, hub } = await startTinyHub(context);
    hub.fail({ path: weightsRequest, status: 500, times: 99 });

    await assert.rejects(downloadModel(options), {
      message: /could not serve `owner\/tiny` \(HTTP 500\)/,
      hint: /try again later/,
    });

    assert.equal(hub.requests.filter(({ origin }) => origin === "cdn").length, 5);
  });

  test("when the connection is cut again and again", async (context) => {
    const { options, hub } = await startTinyHub(context);
    hub.fail({ path: weightsRequest, cutAfterBytes: 100, times: 99 });

    await assert.rejects(downloadModel(options), {
      message: /the download of `owner\/tiny` broke off again and again/,
      hint: /goes on where this one stopped/,
    });

    assert.equal(hub.requests.filter(({ origin }) => origin === "cdn").length, 5);
  });

  test("when a listed file is not there", async (context) => {
    const { options, hub } = await startTinyHub(context);
    hub.fail({
      path: /\/config\.json$/,
      status: 404,
      headers: { "x-error-code": "EntryNotFound" },
    });

    await assert.rejects(downloadModel(options), { message: /a file .* that it does not have/ });
  });

  for (const [title, body] of [
    ["a web page", "<html>"],
    ["other JSON", '{"sha":"4d3c2b1a4d3c2b1a4d3c2b1a4d3c2b1a4d3c2b1a"}'],
  ] as const) {
    test(`when the endpoint answers with ${title}`, async (context) => {
      const { options } = await startTinyHub(context);
      const fetch = async () => new Response(body);

      await assert.rejects(downloadModel({ ...options, fetch }), {
        name: "StartupError",
        message: /the hub's listing must give a model's files as JSON/,
        hint: /HF_ENDPOINT/,
      });
    });
  }

  test("when nobody listens at the endpoint", async (context) => {
    const { options, hub } = await startTinyHub(context);
    await hub.close();

    await assert.rejects(downloadModel(options), {
      message: /cannot reach http:\/\/127\.0\.0\.1:\d+ to fetch `owner\/tiny`/,
      hint: /check the network and HTTP_PROXY.*, or set HF_ENDPOINT to a mirror/,
    });
  });

  test("when the disk has too little space, before it fetches a file", async (context) => {
    const { options, hub } = await startTinyHub(context);
    const fileSystem = { ...diskFileSystem, freeBytes: async () => 1000 };

    await assert.rejects(downloadModel({ ...options, fileSystem }), {
      message: /the disk of the model cache .* is full: \d+ more bytes are needed/,
      hint: /free some space, or set HF_HOME/,
    });

    assert(hub.requests.every(({ path }) => path.startsWith("/api/")));
  });

  test("when the disk becomes full, and goes on later from what it has", async (context) => {
    const { options, hub } = await startTinyHub(context);
    const fileSystem = diskThatFillsUp(120_000);
    await assert.rejects(downloadModel({ ...options, fileSystem }), {
      message: /is full/,
      hint: /goes on where it stopped/,
    });

    await downloadModel(options);

    assert.match(hub.requests.at(-1)?.range ?? "", /^bytes=[1-9]/);
  });

  test("when the cache folder may not be written to", async (context) => {
    const { options } = await startTinyHub(context);
    const fileSystem = {
      ...diskFileSystem,
      open: () =>
        Promise.reject(Object.assign(new Error("no"), { code: "EACCES", syscall: "open" })),
    };

    await assert.rejects(downloadModel({ ...options, fileSystem }), {
      message: /cannot write to the model cache .* \(EACCES\)/,
      hint: /set HF_HOME or HF_HUB_CACHE/,
    });
  });

  test("without the token in any text", async (context) => {
    const { options } = await startTinyHub(context, tinyHubModel({ token: "secret" }), {
      HF_TOKEN: "hf_wrong",
    });

    const error = await downloadModel(options).catch((reason: unknown) => reason);

    assert(error instanceof StartupError);
    assert.doesNotMatch(`${error.message} ${error.hint} ${String(error.cause)}`, /hf_wrong/);
  });

  test("when a file stands where the cache folder should be", async (context) => {
    const { options, cache } = await startTinyHub(context);
    await writeFile(cache, "");

    await assert.rejects(downloadModel(options), { name: "StartupError", hint: /HF_HOME/ });
  });
});

/** The machine's disk, which fails with ENOSPC after it took some bytes. */
function diskThatFillsUp(freeBytes: number): typeof diskFileSystem {
  let left = freeBytes;
  return {
    ...diskFileSystem,
    async open(path, flags) {
      const file = await diskFileSystem.open(path, flags);
      return {
        async write(bytes, offset, length, position) {
          if (left === 0) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
          const taken = Math.min(left, length);
          left -= taken;
          return file.write(bytes, offset, taken, position);
        },
        datasync: () => file.datasync(),
        close: () => file.close(),
      };
    },
  };
}
