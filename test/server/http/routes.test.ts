import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createRoutes } from "../../../src/server/http/routes.ts";
import { defaultServerLimits } from "../../../src/server/limits.ts";
import { createFakeModels } from "../../fakes/fake-models.ts";
import { fakeModel } from "../../fakes/fake-reranker.ts";
import { postJson, sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

const routes = createRoutes({
  models: createFakeModels(),
  limits: defaultServerLimits,
});

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

suite("the routes", () => {
  test("have one entry for each method and path", () => {
    const keys = routes.map(({ method, path }) => `${method} ${path}`);
    assert.equal(new Set(keys).size, keys.length);
  });

  for (const route of routes) {
    const path = route.path.replace("{id}", fakeModel);
    const allowed = route.method === "GET" ? ["GET", "HEAD"] : [route.method];

    for (const method of methods.filter((candidate) => !allowed.includes(candidate))) {
      test(`refuse ${method} ${route.path} and say what is allowed`, async (context) => {
        const { url, reranker } = await startServer(context);

        const answer = await sendHttp1(`${url}${path}`, { method });

        assert.equal(answer.status, 405);
        assert.equal(answer.headers.allow, allowed.join(", "));
        if (method !== "HEAD") {
          const { message, detail } = JSON.parse(answer.text);
          assert.equal(message, `the method must be one of: ${allowed.join(", ")}`);
          assert.equal(detail, message);
        }
        assert.equal(reranker.requests.length, 0);
      });
    }

    if (route.method === "GET") continue;

    test(`refuse what is no JSON on ${route.path}`, async (context) => {
      const { url } = await startServer(context, { limits: { maxBodyBytes: 1_000 } });
      const form = { "content-type": "application/x-www-form-urlencoded" };

      const type = await sendHttp1(`${url}${path}`, { headers: form, body: "query=q" });
      const broken = await sendHttp1(`${url}${path}`, { body: "{" });
      const list = await postJson(`${url}${path}`, []);
      const large = await postJson(`${url}${path}`, { query: "a".repeat(1_000) });

      const answers = [type, broken, list, large];
      assert.deepEqual(
        answers.map(({ status }) => status),
        [415, 400, 422, 413],
      );
      for (const { text } of answers) {
        const { error, message, detail } = JSON.parse(text);
        assert.equal(error.message, message);
        assert.equal(detail, message);
      }
    });
  }
});

suite("GET /v1/models", () => {
  const entry = {
    object: "model",
    owned_by: "rerankd",
    root: "fake-model",
    parent: null,
    max_model_len: 512,
    model_type: "rerank",
  };
  const withoutCreated = ({ created, ...rest }: Record<string, unknown>) => {
    assert(Number.isInteger(created));
    return rest;
  };

  test("lists every name that requests may ask for", async (context) => {
    const { url } = await startServer(context);

    const { status, text } = await sendHttp1(`${url}/v1/models`);

    assert.equal(status, 200);
    const { object, data } = JSON.parse(text);
    assert.equal(object, "list");
    assert.deepEqual(data.map(withoutCreated), [
      { id: "fake-model", ...entry, model_name: "fake-model" },
      { id: "owner/alias", ...entry, model_name: "owner/alias" },
    ]);
  });

  for (const path of ["owner/alias", "owner%2Falias", "owner%2falias"]) {
    test(`finds /v1/models/${path}`, async (context) => {
      const { url } = await startServer(context);

      const { status, text } = await sendHttp1(`${url}/v1/models/${path}`);

      assert.equal(status, 200);
      const found = { id: "owner/alias", ...entry, model_name: "owner/alias" };
      assert.deepEqual(withoutCreated(JSON.parse(text)), found);
    });
  }

  test("names what is served where a model is not", async (context) => {
    const { url } = await startServer(context);

    const { status, text } = await sendHttp1(`${url}/v1/models/other/model`);

    assert.equal(status, 404);
    const { error, message } = JSON.parse(text);
    assert.equal(error.code, "not_found");
    assert.match(message, /\(`fake-model`, `owner\/alias`\), got: `other\/model`/);
  });

  test("refuses a broken escape, and knows no model without a name", async (context) => {
    const { url } = await startServer(context);

    const broken = await sendHttp1(`${url}/v1/models/%ff`);
    const nameless = await sendHttp1(`${url}/v1/models/`);

    assert.equal(broken.status, 400);
    assert.match(JSON.parse(broken.text).message, /percent-encoded/);
    assert.equal(nameless.status, 404);
  });
});

suite("GET /info", () => {
  test("answers as text-embeddings-inference does", async (context) => {
    const { url } = await startServer(context);

    const { status, text } = await sendHttp1(`${url}/info`);

    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), {
      model_id: "fake-model",
      model_sha: "0123456789abcdef0123456789abcdef01234567",
      model_dtype: "int8",
      served_model_name: "owner/alias",
      model_type: { reranker: { id2label: { 0: "LABEL_0" }, label2id: { LABEL_0: 0 } } },
      activation: "sigmoid",
      max_concurrent_requests: 128,
      max_input_length: 512,
      max_batch_tokens: 1024,
      max_batch_requests: null,
      max_client_batch_size: 1_000,
      auto_truncate: true,
      tokenization_workers: 1,
      inference_workers: 2,
      inference_threads: 1,
      version: "0.0.0",
      sha: null,
      docker_label: null,
    });
  });
});
