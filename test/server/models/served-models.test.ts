import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createFakeHealth } from "../../fakes/fake-health.ts";
import { createFakeModels, fakeServedModel } from "../../fakes/fake-models.ts";
import { createFakeReranker } from "../../fakes/fake-reranker.ts";
import { postJson, sendHttp1 } from "../http-client.ts";
import { callUnary, createForeignClient } from "../rpc/grpc-js-client.ts";
import { startServer } from "../start-server.ts";

/** Returns a second model, which is asked as `small`, and what it was asked. */
function smallModel() {
  const reranker = createFakeReranker();
  const asked: (string | null | undefined)[] = [];
  const model = fakeServedModel({
    names: ["small", "owner/small"],
    health: createFakeHealth({ model: "small", maxLength: 64, device: "cuda" }),
    reranker: {
      async rerank(request, call) {
        asked.push(request.model);
        const result = await reranker.rerank({ ...request, model: undefined }, call);
        return { ...result, model: request.model || "small" };
      },
      async rerankTogether(requests, call) {
        asked.push(requests[0]?.model);
        const plain = requests.map((request) => ({ ...request, model: undefined }));
        const results = await reranker.rerankTogether(plain, call);
        return results.map((result) => ({ ...result, model: "small" }));
      },
    },
  });
  return { model, asked };
}

const body = { query: "q", documents: ["a", "bb"] };

suite("several models in one server", () => {
  for (const [path, wanted] of [
    ["/rerank", body],
    ["/v1/rerank", body],
    ["/v2/rerank", body],
    ["/reranking", body],
    ["/rerank", { query: "q", texts: ["a"] }],
    ["/v1/ranking", { query: { text: "q" }, passages: [{ text: "a" }] }],
    ["/v1/score", { text_1: "q", text_2: ["a"] }],
    ["/rerank.v1.RerankService/Rerank", body],
  ] as const) {
    test(`are chosen by \`model\` on ${path} of ${Object.keys(wanted)}`, async (context) => {
      const { model, asked } = smallModel();
      const { url, reranker } = await startServer(context, { models: [model] });

      const first = await postJson(`${url}${path}`, wanted);
      const second = await postJson(`${url}${path}`, { ...wanted, model: "small" });
      const third = await postJson(`${url}${path}`, { ...wanted, model: "owner/small" });

      assert.deepEqual([first.status, second.status, third.status], [200, 200, 200]);
      assert.deepEqual(asked, ["small", "owner/small"]);
      assert.equal(reranker.requests.length, 1);
      assert.notEqual(second.headers["x-compute-type"], first.headers["x-compute-type"]);
    });
  }

  test("are named by the error for another one", async (context) => {
    const { url } = await startServer(context, { models: [smallModel().model] });

    const { status, text } = await postJson(`${url}/rerank`, { ...body, model: "none" });

    assert.equal(status, 404);
    assert.match(
      text,
      /must be one that is served \(`fake-model`, `owner\/alias`, `small`, `owner\/small`\), got: `none`/,
    );
  });

  test("leave a name of another server's model alone where text-embeddings-inference does", async (context) => {
    const { model, asked } = smallModel();
    const { url, reranker } = await startServer(context, { models: [model] });

    const { status } = await postJson(`${url}/rerank`, { query: "q", texts: ["a"], model: "tei" });

    assert.deepEqual([status, asked, reranker.requests.length], [200, [], 1]);
  });

  test("are listed by name", async (context) => {
    const { model } = smallModel();
    const { url, port } = await startServer(context, { models: [model] });
    const get = async (path: string) => JSON.parse((await sendHttp1(`${url}${path}`)).text);

    const { data } = await get("/v1/models");
    const one = await get("/v1/models/owner/small");
    const info = await get("/info");
    const health = await get("/health");
    const client = createForeignClient(context, port, "rerank.v1.RerankService");
    const message = await callUnary(client, "health", {});

    const entries = data.map((entry: Record<string, unknown>) => [
      entry.id,
      entry.root,
      entry.max_model_len,
    ]);
    assert.deepEqual(entries, [
      ["fake-model", "fake-model", 512],
      ["owner/alias", "fake-model", 512],
      ["small", "small", 64],
      ["owner/small", "small", 64],
    ]);
    assert.equal(one.root, "small");
    const ids = info.models.map((each: Record<string, unknown>) => each.model_id);
    assert.deepEqual([info.model_id, ids], ["fake-model", ["fake-model", "small"]]);
    assert.deepEqual(
      health.models.map((each: Record<string, unknown>) => [each.name, each.aliases, each.device]),
      [
        ["fake-model", ["owner/alias"], "cpu"],
        ["small", ["owner/small"], "cuda"],
      ],
    );
    const told = (message.models as Record<string, unknown>[]).map(({ name, status }) => [
      name,
      status,
    ]);
    assert.deepEqual(told, [
      ["fake-model", "ok"],
      ["small", "ok"],
    ]);
  });

  test("fail one by one: the others are answered, and health says which", async (context) => {
    const { model } = smallModel();
    const { url, reranker } = await startServer(context, { models: [model] });
    const health = async () => {
      const { status, text } = await sendHttp1(`${url}/health`);
      const { status: word, reason } = JSON.parse(text);
      return [status, word, reason];
    };

    model.health.update({ status: "restarting", reason: "the worker is gone" });

    assert.deepEqual(await health(), [200, "degraded", "`small`: the worker is gone"]);
    assert.equal((await postJson(`${url}/rerank`, body)).status, 200);
    assert.equal(reranker.requests.length, 1);
    model.health.update({ status: "ok", reason: "" });
    assert.deepEqual(await health(), [200, "ok", undefined]);
  });
});

suite("the health of several models", () => {
  const stateOf = (first: string, second: string) => {
    const other = fakeServedModel({ names: ["b"] });
    const health = createFakeHealth({ status: first as "ok", reason: first });
    const models = createFakeModels({ names: ["a"], health }, [other]);
    other.health.update({ status: second as "ok", reason: second });
    return models.health.report.status;
  };

  for (const [first, second, all] of [
    ["ok", "ok", "ok"],
    ["starting", "ok", "starting"],
    ["ok", "starting", "starting"],
    ["restarting", "starting", "starting"],
    ["ok", "degraded", "degraded"],
    ["restarting", "ok", "degraded"],
    ["degraded", "restarting", "degraded"],
    ["restarting", "restarting", "restarting"],
    ["draining", "ok", "draining"],
  ] as const) {
    test(`is ${all} for ${first} and ${second}`, () => {
      assert.equal(stateOf(first, second), all);
    });
  }
});
