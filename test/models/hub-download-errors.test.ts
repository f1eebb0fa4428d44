import assert from "node:assert/strict";
import { access, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { StartupError } from "../../src/errors.ts";
import { diskFileSystem } from "../../src/models/download-file-system.ts";
import { type DownloadModelOptions, downloadModel } from "../../src/models/hub-download.ts";
import { readHubOptions } from "../../src/models/hub-options.ts";
import { type FakeHub, type FakeHubModel, sha256, startHubServer } from "../fakes/hub-server.ts";
import { makeTempFolder, tinyHubModel, tinyModelFiles } from "./tiny-model.ts";

const weightsFile = "onnx/model_quantized.onnx";
const weights = tinyModelFiles()[weightsFile] ?? Buffer.of();
const weightsRequest = new RegExp(sha256(weights));

interface RefusalCase {
  readonly title: string;
  readonly model?: Partial<FakeHubModel>;
  readonly env?: Readonly<Record<string, string>>;
  readonly change?: Partial<DownloadModelOptions>;
  readonly message: RegExp;
  readonly hint: RegExp;
}

const refusals: readonly RefusalCase[] = [
  {
    title: "a model that does not exist",
    change: { id: "owner/none" },
    message: /there is no model `owner\/none`/,
    hint: /check the name/,
  },
  {
    title: "a name that the hub does not allow",
    change: { id: "../tiny" },
    message: /is named owner\/name, got: `\.\.\/tiny`/,
    hint: /the model's page/,
  },
  {
    title: "a revision that does not exist",
    change: { revision: "v9" },
    message: /`owner\/tiny` has no revision `v9`/,
    hint: /branch, a tag or a full commit hash/,
  },
  {
    title: "a private model without a token",
    model: { token: "secret" },
    message: /does not exist, is private or is gated \(HTTP 401\)/,
    hint: /set HF_TOKEN/,
  },
  {
    title: "a token that the hub does not take",
    model: { token: "secret" },
    env: { HF_TOKEN: "wrong" },
    message: /refused the token for `owner\/tiny` \(HTTP 401\)/,
    hint: /valid token/,
  },
  {
    title: "a gated model",
    model: { gated: true },
    message: /is gated, and access was not granted \(HTTP 403\)/,
    hint: /accept its terms at http:.*\/owner\/tiny, then set HF_TOKEN/,
  },
  {
    title: "weights of a type that the model does not have",
    change: { dtype: "q4" },
    message: /no ONNX file for dtype `q4`/,
    hint: /there are: fp32, int8; choose one with --dtype/,
  },
  {
    title: "a model without ONNX files",
    model: { files: { "config.json": Buffer.from("{}") } },
    message: /`owner\/tiny` has no ONNX file/,
    hint: /optimum-cli export onnx/,
  },
  {
    title: "the network while HF_HUB_OFFLINE is set",
    env: { HF_HUB_OFFLINE: "1" },
    message: /cannot be fetched while HF_HUB_OFFLINE is set/,
    hint: /unset HF_HUB_OFFLINE/,
  },
  {
    title: "a listing that names a file outside the model's folder",
    model: { listedNames: ["../../evil"] },
    message: /must only name files inside the model's folder, got: "\.\.\/\.\.\/evil"/,
    hint: /do not use this model/,
  },
  {
    title: "a commit that is no hash",
    model: { commit: "../../../evil" },
    message: /must give a commit hash/,
    hint: /HF_ENDPOINT/,
  },
  {
    title: "a revision that leaves the cache",
    change: { revision: "../../evil" },
    message: /--revision must only name files inside/,
    hint: /./,
  },
];

suite("downloadModel() refuses", () => {
  for (const { title, model, env, change, message, hint } of refusals) {
    test(title, async (context) => {
      const { options, cache } = await setUp(context, tinyHubModel(model), env);

      await assert.rejects(downloadModel({ ...options, ...change }), {
        name: "StartupError",
        message,
        hint,
      });

      await assert.rejects(access(join(cache, "models--owner--tiny")));
    });
  }
});

suite("downloadModel() says what to do", () => {
  test("when bytes are wrong, and removes them", async (context) => {
    const { options, hub, cache } = await setUp(context);
    hub.fail({ path: weightsRequest, corrupt: true });

    await assert.rejects(downloadModel(options), {
      name: "StartupError",
      message: /onnx\/model_quantized\.onnx was damaged on its way/,
      hint: /the bytes were removed/,
    });

    const names = await readdir(join(cache, "models--owner--tiny"), { recursive: true });
    assert(
      !names.some((name) => name.includes(sha256(weights)) || name.includes("model_quantized")),
    );
  });

  test("when a small file's bytes are wrong", async (context) => {
    const { options, hub } = await setUp(context);
    hub.fail({ path: /\/tokenizer\.json$/, corrupt: true });

    await assert.rejects(downloadModel(options), { message: /its git-sha1 is not the hub's/ });
  });

  test("when the hub keeps answering with 500", async (context) => {
    const { options, hub } = await setUp(context);
    hub.fail({ path: weightsRequest, status: 500, times: 99 });

    await assert.rejects(downloadModel(options), {
      message: /could not serve `owner\/tiny` \(HTTP 500\)/,
      hint: /try again later/,
    });

    assert.equal(hub.requests.filter(({ origin }) => origin === "cdn").length, 5);
  });

  test("when the connection is cut again and again", async (context) => {
    const { options, hub } = await setUp(context);
    hub.fail({ path: weightsRequest, cutAfterBytes: 100, times: 99 });

    await assert.rejects(downloadModel(options), {
      message: /the download of `owner\/tiny` broke off again and again/,
      hint: /goes on where this one stopped/,
    });

    assert.equal(hub.requests.filter(({ origin }) => origin === "cdn").length, 5);
  });

  test("when a listed file is not there", async (context) => {
    const { options, hub } = await setUp(context);
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
      const { options } = await setUp(context);
      const fetch = async () => new Response(body);

      await assert.rejects(downloadModel({ ...options, fetch }), {
        name: "StartupError",
        message: /the hub's listing must give a model's files as JSON/,
        hint: /HF_ENDPOINT/,
      });
    });
  }

  test("when nobody listens at the endpoint", async (context) => {
    const { options, hub } = await setUp(context);
    await hub.close();

    await assert.rejects(downloadModel(options), {
      message: /cannot reach http:\/\/127\.0\.0\.1:\d+ to fetch `owner\/tiny`/,
      hint: /check the network, or set HF_ENDPOINT to a mirror/,
    });
  });

  test("when the disk has too little room, before it fetches a file", async (context) => {
    const { options, hub } = await setUp(context);
    const fileSystem = { ...diskFileSystem, freeBytes: async () => 1000 };

    await assert.rejects(downloadModel({ ...options, fileSystem }), {
      message: /the disk of the model cache .* is full: \d+ more bytes are needed/,
      hint: /free some space, or set HF_HOME/,
    });

    assert(hub.requests.every(({ path }) => path.startsWith("/api/")));
  });

  test("when the disk becomes full, and goes on later from what it has", async (context) => {
    const { options, hub } = await setUp(context);
    const fileSystem = diskThatFillsUp(120_000);
    await assert.rejects(downloadModel({ ...options, fileSystem }), {
      message: /is full/,
      hint: /goes on where it stopped/,
    });

    await downloadModel(options);

    assert.match(hub.requests.at(-1)?.range ?? "", /^bytes=[1-9]/);
  });

  test("when the cache folder may not be written to", async (context) => {
    const { options } = await setUp(context);
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
    const { options } = await setUp(context, tinyHubModel({ token: "secret" }), {
      HF_TOKEN: "hf_wrong",
    });

    const error = await downloadModel(options).catch((reason: unknown) => reason);

    assert(error instanceof StartupError);
    assert.doesNotMatch(`${error.message} ${error.hint} ${String(error.cause)}`, /hf_wrong/);
  });

  test("when a file stands where the cache folder should be", async (context) => {
    const { options, cache } = await setUp(context);
    await writeFile(cache, "");

    await assert.rejects(downloadModel(options), { name: "StartupError", hint: /HF_HOME/ });
  });
});

/** The machine's disk, which fails with ENOSPC after it took some bytes. */
function diskThatFillsUp(roomBytes: number): typeof diskFileSystem {
  let left = roomBytes;
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

async function setUp(
  context: TestContext,
  model = tinyHubModel(),
  env: Readonly<Record<string, string>> = {},
): Promise<{ hub: FakeHub; options: DownloadModelOptions; cache: string }> {
  const home = await makeTempFolder(context);
  const hub = await startHubServer([model]);
  context.after(() => hub.close());
  const hubOptions = await readHubOptions({ HF_HOME: home, HF_ENDPOINT: hub.endpoint, ...env });
  const retryPolicy = { attempts: 5, firstDelayMs: 1 };
  const options = {
    id: "owner/tiny",
    dtype: "auto",
    device: "cpu",
    hub: hubOptions,
    retryPolicy,
  } as const;
  return { hub, options, cache: join(home, "hub") };
}
