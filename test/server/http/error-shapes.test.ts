import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { postJson, sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

/** A document that is longer than the limit. */
const tooLong = "x".repeat(1_000_001);

/** Paths whose clients read the object `error`, and a good body for each. */
const objectRoutes: Readonly<Record<string, (query: string) => object>> = {
  ...Object.fromEntries(
    ["/rerank", "/v1/rerank", "/v2/rerank", "/reranking", "/v1/reranking"].map((path) => [
      path,
      (query: string) => ({ query, documents: ["a"] }),
    ]),
  ),
  "/v1/ranking": (query) => ({ query: { text: query }, passages: [{ text: "a" }] }),
  "/score": (query) => ({ text_1: query, text_2: "a" }),
  "/v1/score": (query) => ({ text_1: query, text_2: "a" }),
};

/** What the fake does for a query, and how it looks. */
const faults = [
  { query: "busy", status: 429, code: "resource_exhausted", type: "rate_limit_error", retry: "2" },
  { query: "vast", status: 422, code: "resource_exhausted", type: "invalid_request_error" },
  { query: "loading", status: 503, code: "unavailable", type: "unavailable_error", retry: "1" },
  { query: "bug", status: 500, code: "internal", type: "server_error", retry: undefined },
  { query: "", status: 422, code: "invalid_argument", type: "invalid_request_error" },
];

suite("errors of the object dialects", () => {
  for (const [path, bodyOf] of Object.entries(objectRoutes)) {
    for (const { query, status, code, type, retry } of faults) {
      test(`${path} tells ${status} ${code} where every client looks`, async (context) => {
        const { url } = await startServer(context);

        const answer = await postJson(`${url}${path}`, bodyOf(query));

        assert.equal(answer.status, status);
        assert.equal(answer.headers["retry-after"], retry);
        const { error, message, detail, ...rest } = JSON.parse(answer.text);
        assert.deepEqual(rest, {});
        assert.equal(typeof message, "string");
        assert.equal(detail, message);
        const { param, ...facts } = error;
        assert.deepEqual(facts, { code, message, type });
        assert.equal(typeof param, code === "invalid_argument" ? "string" : "object");
      });
    }

    test(`${path} names a model that is not served, and how to allow it`, async (context) => {
      const { url } = await startServer(context);

      const { status, text } = await postJson(`${url}${path}`, {
        ...bodyOf("q"),
        model: "rerank-v3.5",
      });

      assert.equal(status, 404);
      const { error, message } = JSON.parse(text);
      assert.equal(error.type, "not_found_error");
      assert.equal(error.param, "model");
      assert.match(message, /`fake-model`.*got: `rerank-v3.5`.*`--served-model-name`/);
    });
  }
});

suite("errors of text-embeddings-inference's dialect", () => {
  const cases = [
    { body: { query: "q", texts: [] }, status: 400, type: "Empty", message: /`texts` .* empty/ },
    { body: { query: "", texts: ["a"] }, status: 422, type: "Validation", message: /`query`/ },
    {
      body: { texts: ["a"] },
      status: 422,
      type: "Validation",
      message: /`query` must be a string/,
    },
    { body: { query: "q", texts: "a" }, status: 422, type: "Validation", message: /`texts` must/ },
    { body: { query: "q", texts: [1] }, status: 422, type: "Validation", message: /`texts\[0\]`/ },
    {
      body: { query: "q", texts: ["a", tooLong] },
      status: 422,
      type: "Validation",
      message: /^`texts\[1\]` must have at most 1000000/,
    },
    {
      body: { query: "q", texts: Array(1_001).fill("a") },
      status: 422,
      type: "Validation",
      message: /^`texts` must hold at most 1000/,
    },
    { body: { query: "q", texts: ["a"], truncation_direction: "up" }, status: 422 },
    { body: { query: "busy", texts: ["a"] }, status: 429, type: "Overloaded", retry: "2" },
    { body: { query: "vast", texts: ["a"] }, status: 422, message: /can never fit/ },
    { body: { query: "loading", texts: ["a"] }, status: 503, type: "Unhealthy", retry: "1" },
    { body: { query: "bug", texts: ["a"] }, status: 424, type: "Backend", message: /^internal/ },
  ];
  for (const { body, status, type = "Validation", message = /./, retry } of cases) {
    test(`tell ${status} ${type} for ${JSON.stringify(body).slice(0, 60)}`, async (context) => {
      const { url, log } = await startServer(context);

      const answer = await postJson(`${url}/rerank`, body);

      assert.equal(answer.status, status);
      assert.equal(answer.headers["retry-after"], retry);
      const { error, error_type, message: top, detail, ...rest } = JSON.parse(answer.text);
      assert.deepEqual(rest, {});
      assert.equal(error_type, type);
      assert.match(error, message);
      assert.deepEqual([top, detail], [error, error]);
      const { fields } = await log.find((line) => line.message === "request");
      assert.equal(fields.status, status);
    });
  }

  test("tell a deadline that passed", async (context) => {
    const { url } = await startServer(context);
    const body = { query: "hold", texts: ["a"] };

    const { status, text } = await postJson(`${url}/rerank`, body, {
      "x-request-timeout-ms": "50",
    });

    assert.equal(status, 504);
    assert.equal(JSON.parse(text).error_type, "Backend");
  });
});

suite("a field that cannot be honoured", () => {
  const cases = [
    { field: "truncate_prompt_tokens", value: 7, message: /must be -1, or 8 or more, got: `7`/ },
    { field: "truncate_prompt_tokens", value: -2, message: /must be a whole number from -1/ },
    { field: "max_tokens_per_query", value: -1, message: /must be a whole number from 0/ },
    { field: "max_tokens_per_doc", value: -1, message: /must be a whole number from 0/ },
    { field: "truncation_direction", value: "up", message: /must be `left` or `right`, got: `up`/ },
    { field: "truncation_side", value: 1, message: /must be `left` or `right`, got: a number/ },
    { field: "long_documents", value: "chunk", message: /must be `truncate` or `windows`/ },
    { field: "score_threshold", value: "0.5", message: /must be a number, got: a string/ },
    { field: "rank_fields", value: [], message: /must not be empty/ },
    { field: "rank_fields", value: "title", message: /must be a list of strings, got: a string/ },
    { field: "use_activation", value: 2, message: /must be true or false, got: a number/ },
    {
      field: "return_documents",
      value: "perhaps",
      message: /must be true or false, got: a string/,
    },
    { field: "truncate", value: "END", message: /must be true or false, got: a string/ },
  ];
  for (const { field, value, message } of cases) {
    test(`is an error that names \`${field}\`: ${JSON.stringify(value)}`, async (context) => {
      const { url } = await startServer(context);
      const body = { query: "q", documents: ["a"], [field]: value };

      const { status, text } = await postJson(`${url}/v1/rerank`, body);

      assert.equal(status, 422);
      const { error } = JSON.parse(text);
      assert.equal(error.param, field);
      assert.match(error.message, message);
    });
  }

  test("is `max_chunks_per_doc` only where documents are read in windows", async (context) => {
    const { url } = await startServer(context);
    const body = { query: "q", documents: ["a"], max_chunks_per_doc: 10 };

    const cut = await postJson(`${url}/v1/rerank`, body);
    const windows = await postJson(`${url}/v1/rerank`, { ...body, long_documents: "windows" });

    assert.equal(cut.status, 200);
    assert.equal(windows.status, 422);
    assert.equal(JSON.parse(windows.text).error.param, "max_chunks_per_doc");
  });

  const documents: readonly { document: unknown; rank?: string[]; message: RegExp }[] = [
    { document: {}, message: /^`documents\[1\].text` must be a string, got: nothing$/ },
    { document: { text: 5 }, rank: ["body"], message: /^`documents\[1\].body` must be a string/ },
    { document: { constructor: 1 }, rank: ["toString"], message: /`documents\[1\].toString` must/ },
    { document: [], message: /^`documents\[1\]` must be a string, got: a list$/ },
  ];
  for (const { document, rank, message } of documents) {
    test(`is the document ${JSON.stringify(document)} ranked by ${rank ?? "text"}`, async (context) => {
      const { url } = await startServer(context);
      const body = { query: "q", documents: ["a", document], rank_fields: rank };

      const { status, text } = await postJson(`${url}/v1/rerank`, body);

      assert.equal(status, 422);
      assert.match(JSON.parse(text).message, message);
    });
  }

  const passages = [
    { body: { query: "q", passages: [] }, message: /^`query` must be an object, got: a string$/ },
    { body: { query: { text: 1 }, passages: [] }, message: /^`query.text` must be a string/ },
    { body: { query: { text: "" }, passages: [] }, message: /^`query.text` must not be empty$/ },
    { body: { query: { text: "q" } }, message: /^`passages` must be a list of objects/ },
    { body: { query: { text: "q" }, passages: ["a"] }, message: /^`passages\[0\]` must be an obj/ },
    {
      body: { query: { text: "q" }, passages: [{ text: tooLong }] },
      message: /^`passages\[0\].text` must have at most 1000000/,
    },
    {
      body: { query: { text: "q" }, passages: [], truncate: "START" },
      message: /^`truncate` must be `END` or `NONE`/,
    },
  ];
  for (const { body, message } of passages) {
    test(`is told in NIM's words: ${message.source}`, async (context) => {
      const { url } = await startServer(context);

      const { status, text } = await postJson(`${url}/v1/ranking`, body);

      assert.equal(status, 422);
      assert.match(JSON.parse(text).message, message);
    });
  }
});

suite("errors before a body is read", () => {
  test("have the shape of the path: a string on /info, an object elsewhere", async (context) => {
    const { url } = await startServer(context);

    const info = await sendHttp1(`${url}/info`, { method: "POST" });
    const rerank = await sendHttp1(`${url}/rerank`, { method: "GET" });
    const unknown = await sendHttp1(`${url}/v1/embeddings`, { method: "POST", body: "{}" });

    assert.equal(info.status, 405);
    assert.equal(JSON.parse(info.text).error, "the method must be one of: GET, HEAD");
    assert.equal(JSON.parse(info.text).error_type, "Validation");
    assert.equal(rerank.status, 405);
    assert.equal(JSON.parse(rerank.text).error.type, "invalid_request_error");
    assert.equal(unknown.status, 404);
    assert.equal(JSON.parse(unknown.text).error.type, "not_found_error");
    assert.match(JSON.parse(unknown.text).message, /POST \/v1\/rerank, .*GET \/v1\/models\/\{id\}/);
  });
});
