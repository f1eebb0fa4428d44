import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import {
  createModelAdmin,
  type ModelAdminOptions,
} from "../../../src/commands/serve/model-admin.ts";
import { RerankError } from "../../../src/errors.ts";
import { serveConfig, serveProblems } from "../../config/parsed.ts";
import { createFakeModels } from "../../fakes/fake-models.ts";
import { createRecordingLogger } from "../../fakes/recording-logger.ts";
import { packageRoot, type ServerProcess, startServerProcess } from "../../server-process.ts";

const bert = join(packageRoot, "test/fixtures/tiny-bert");
const xlm = join(packageRoot, "test/fixtures/tiny-xlm-r");
const key = "a-key-of-the-operator";

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function post(url: string, body: object, headers: object = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

const withKey = { authorization: `Bearer ${key}` };

suite("rerank.v1.AdminService", () => {
  let server: ServerProcess;
  before(async () => {
    const args = [`--model-id=main=${bert}`, "--admin=on", "--threads=1"];
    const env = { RERANKER_API_KEY: key };
    server = await startServerProcess(args, { bundled: false, env });
  });
  after(() => server.stop());

  const call = (method: string, body: object, headers: object = withKey) =>
    post(`${server.url}/rerank.v1.AdminService/${method}`, body, headers);
  const load = (model: object) => call("LoadModel", { model });
  const rank = async (model?: string) => {
    const request = { query: "red fruit", documents: ["an apple", "a bus"], model };
    return await post(`${server.url}/rerank`, request, withKey);
  };
  const namesServed = async () => {
    const response = await fetch(`${server.url}/v1/models`, { headers: withKey });
    const { data } = (await response.json()) as { data: { id: string }[] };
    return data.map(({ id }) => id);
  };

  test("needs an API key", async () => {
    const { status } = await call("LoadModel", { model: { id: xlm } }, {});

    assert.equal(status, 401);
    assert.deepEqual(await namesServed(), ["main"]);
  });

  test("adds a model beside the others, and takes it away again", async () => {
    const added = await load({ id: xlm, name: "other", aliases: ["b"], dtype: "fp32" });

    assert.deepEqual(added, {
      status: 200,
      body: { name: "other", aliases: ["b"], replaced: false },
    });
    assert.deepEqual(await namesServed(), ["main", "other", "b"]);
    assert.equal((await rank("b")).status, 200);
    assert.equal((await call("UnloadModel", { name: "b" })).status, 200);
    assert.deepEqual(await namesServed(), ["main"]);
    assert.equal((await rank("other")).status, 404);
  });

  test("swaps a model under load without a failed request", async () => {
    const before = (await rank()).body;
    let isSwapping = true;
    let answered = 0;
    const failed: Answer[] = [];
    const clients = Array.from({ length: 6 }, async () => {
      while (isSwapping) {
        const answer = await rank("main");
        if (answer.status === 200) answered += 1;
        else failed.push(answer);
      }
    });

    const first = await load({ id: xlm, name: "main", threads: 1 });
    const middle = (await rank()).body;
    const second = await load({ id: bert, name: "main", threads: 1 });
    isSwapping = false;
    await Promise.all(clients);

    assert.deepEqual([first.body.replaced, second.body.replaced], [true, true]);
    assert.deepEqual(failed, []);
    assert(answered > 0);
    assert.notDeepEqual(middle.results, before.results);
    assert.deepEqual((await rank()).body.results, before.results);
    assert.deepEqual(await namesServed(), ["main"]);
  });

  for (const [title, model, message] of [
    ["a setting that is wrong", { id: xlm, dtype: "x" }, /^`model\.dtype` must be one of auto, /],
    ["a key that is none", { ids: xlm }, /^`model\.ids` is not a setting/],
    ["a model that there is not", { id: "./no-such-folder" }, /the model folder/],
    ["the name of another model", { id: xlm, name: "x", aliases: ["main"] }, /`main` must not be/],
  ] as const) {
    test(`refuses ${title}, and goes on serving`, async () => {
      const { status, body } = await load(model);

      assert.equal(status, 400);
      assert.equal(body.code, "invalid_argument");
      assert.match(String(body.message), message);
      assert.deepEqual(await namesServed(), ["main"]);
      assert.equal((await rank()).status, 200);
    });
  }

  test("leaves the only model", async () => {
    const { status, body } = await call("UnloadModel", { name: "main" });

    assert.equal(status, 400);
    assert.match(String(body.message), /only model/);
    assert.equal((await call("UnloadModel", { name: "none" })).status, 404);
  });
});

suite("the admin of models", () => {
  test("is off unless it is asked for, and then needs API keys", () => {
    assert.equal(serveConfig([]).admin, false);
    assert.deepEqual(serveProblems(["--admin=on"]), [
      "--admin needs API keys: --api-keys-file, or RERANKER_API_KEYS",
    ]);
    assert.equal(serveConfig(["--admin=on", "--api-keys-file=f"]).admin, true);
  });

  /** An admin of fake models that records which models it starts. */
  function createAdmin(options: Partial<ModelAdminOptions>) {
    const startedNames: string[] = [];
    const admin = createModelAdmin({
      models: createFakeModels(),
      loadable: [],
      started: Promise.resolve(),
      shared: serveConfig([]).models[0],
      env: {},
      log: createRecordingLogger(),
      stop: new AbortController().signal,
      start: async ({ names: [name] }) => void startedNames.push(name),
      free: async () => undefined,
      ...options,
    });
    return { admin, startedNames };
  }

  test("changes nothing before the models of the start are loaded", async () => {
    const waiting = new EventEmitter();
    const started = once(waiting, "loaded").then(() => undefined);
    const { admin, startedNames } = createAdmin({ started });
    const changes: string[] = [];
    const loading = admin.load({ id: xlm, name: "next" }, new AbortController().signal);
    const changed = [
      loading.then(() => changes.push("loaded")),
      admin.unload("none").catch(() => changes.push("refused")),
    ];

    await setTimeout(100);
    assert.deepEqual([startedNames, changes], [[], []]);
    waiting.emit("loaded");
    await Promise.all(changed);
    assert.deepEqual([startedNames, changes], [["next"], ["loaded", "refused"]]);
  });

  test("loads nothing for a caller who left before its turn", async () => {
    const caller = new AbortController();
    const { admin, startedNames } = createAdmin({});
    const before = admin.load({ id: xlm, name: "first" }, new AbortController().signal);
    const left = admin.load({ id: xlm, name: "second" }, caller.signal);
    caller.abort(new RerankError("cancelled", "the caller went away"));

    await before;
    await assert.rejects(left, { code: "cancelled" });
    assert.deepEqual(startedNames, ["first"]);
  });

  test("looks at the memory before it loads", async () => {
    const { admin, startedNames } = createAdmin({ freeBytes: () => 1_000 });

    await assert.rejects(admin.load({ id: xlm }, new AbortController().signal), (error) => {
      assert(error instanceof RerankError);
      assert.equal(error.code, "resource_exhausted");
      assert.match(error.message, /needs about \d+ MB, and 0 MB are left/);
      return true;
    });
    assert.deepEqual(startedNames, []);
  });
});
