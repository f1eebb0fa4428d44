import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { RerankCall } from "../../../../src/reranker/rerank-request.ts";
import { postJson } from "../../http-client.ts";
import { startServer } from "../../start-server.ts";

/** The fake's score of a text: its length in hundredths. */
const score = (text: string): number => Math.fround((text.length % 100) / 100);

const forms = [
  ["text_1", "text_2"],
  ["queries", "documents"],
  ["queries", "items"],
  ["data_1", "data_2"],
] as const;

suite("POST /score", () => {
  for (const path of ["/score", "/v1/score"]) {
    for (const [first, second] of forms) {
      test(`${path} scores \`${first}\` with each of \`${second}\`, in their order`, async (context) => {
        const { url, reranker } = await startServer(context);
        const body = { [first]: "q", [second]: ["a", "ccc", "bb"], model: "fake-model" };

        const answer = await postJson(`${url}${path}`, body, { "x-request-id": "call-1" });

        assert.equal(answer.status, 200);
        const { created, ...rest } = JSON.parse(answer.text);
        assert(Number.isInteger(created));
        assert.deepEqual(rest, {
          id: "call-1",
          object: "list",
          model: "fake-model",
          data: ["a", "ccc", "bb"].map((text, index) => ({
            index,
            object: "score",
            score: score(text),
          })),
          usage: { prompt_tokens: 3, total_tokens: 3 },
        });
        assert.equal(reranker.requests.length, 1);
        assert.equal(answer.headers["x-compute-tokens"], "3");
        assert.equal(answer.headers["x-compute-characters"], "9");
      });
    }
  }

  test("takes single texts, and lists of one query", async (context) => {
    const { url } = await startServer(context);

    const single = await postJson(`${url}/score`, { text_1: "q", text_2: "a" });
    const list = await postJson(`${url}/score`, { text_1: ["q"], text_2: ["a"] });

    assert.deepEqual(JSON.parse(single.text).data, [
      { index: 0, object: "score", score: score("a") },
    ]);
    assert.deepEqual(JSON.parse(list.text).data, JSON.parse(single.text).data);
  });

  test("ranks pairs with the same query together", async (context) => {
    const { url, reranker } = await startServer(context);
    const body = {
      queries: ["x", "y", "x", "y"],
      documents: ["a", "bb", "ccc", "long"],
      use_activation: false,
    };

    const { text } = await postJson(`${url}/score`, body);

    const { data, usage } = JSON.parse(text);
    assert.deepEqual(
      data.map((entry: { index: number; score: number }) => [entry.index, entry.score]),
      body.documents.map((document, index) => [index, score(document)]),
    );
    assert.equal(data[3].truncated, true);
    assert.equal(usage.total_tokens, 4);
    assert.deepEqual(
      reranker.requests.map(({ query, documents, rawScores }) => ({ query, documents, rawScores })),
      [
        { query: "x", documents: ["a", "ccc"], rawScores: true },
        { query: "y", documents: ["bb", "long"], rawScores: true },
      ],
    );
  });

  test("takes the other fields of vLLM's score request", async (context) => {
    const { url, reranker } = await startServer(context);
    const body = {
      text_1: "q",
      text_2: "a",
      truncate_prompt_tokens: 32,
      truncation_side: "left",
      max_tokens_per_query: 9,
      max_tokens_per_doc: 10,
      use_activation: true,
      user: "u",
      priority: 0,
      request_id: "r",
      mm_processor_kwargs: null,
      cache_salt: "s",
    };

    assert.equal((await postJson(`${url}/score`, body)).status, 200);
    const [request] = reranker.requests;
    assert.equal(request?.maxTokensPerPair, 32);
    assert.equal(request?.maxTokensPerQuery, 9);
    assert.equal(request?.maxTokensPerDocument, 10);
    assert.equal(request?.truncationDirection, "left");
    assert.deepEqual([request?.truncate, request?.rawScores], [true, false]);
  });

  test("scores every pair whatever `top_n` and `score_threshold` say", async (context) => {
    const { url } = await startServer(context);
    const body = { text_1: "q", text_2: ["a", "bb"], top_n: 1, score_threshold: 0.9 };

    const { text } = await postJson(`${url}/score`, body);

    assert.equal(JSON.parse(text).data.length, 2);
  });

  test("asks for all queries at once, under one deadline, and names the fields of the one that fails", async (context) => {
    const { url, reranker } = await startServer(context);
    const asked: RerankCall[] = [];
    const counts: number[] = [];
    const { rerankTogether } = reranker;
    reranker.rerankTogether = (requests, call) => {
      asked.push(call);
      counts.push(requests.length);
      return rerankTogether(requests, call);
    };
    const text_1 = Array.from({ length: 20 }, (_query, index) => `query ${index}`);
    const body = { text_1, text_2: text_1.map(() => "a") };
    const headers = { "x-request-timeout-ms": "30000" };

    const good = await postJson(`${url}/score`, body, headers);
    const busy = await postJson(`${url}/score`, { ...body, text_1: [...text_1.slice(1), "busy"] });
    const vast = await postJson(`${url}/score`, { ...body, text_1: [...text_1.slice(1), "vast"] });

    assert.equal(JSON.parse(good.text).data.length, 20);
    assert.deepEqual(counts, [20, 20, 20]);
    const [{ timeoutMs = 0 } = {}] = asked;
    assert(timeoutMs > 20_000 && timeoutMs <= 30_000, `${timeoutMs}`);
    assert.deepEqual([busy.status, busy.headers["retry-after"]], [429, "2"]);
    assert.deepEqual([vast.status, vast.headers["retry-after"]], [422, undefined]);
  });

  const secret = "confidential";
  const failures = [
    {
      body: { text_1: secret },
      message: /^`text_2` must be a string or a list of strings, got: nothing/,
    },
    { body: { text_2: secret }, message: /^`text_1` must be a string or a list of strings/ },
    { body: { queries: secret, documents: [] }, message: /^`documents` must not be empty$/ },
    { body: { queries: secret, items: [1] }, message: /^`items\[0\]` must be a string/ },
    {
      body: { text_1: [secret, "b"], text_2: ["a", "b", "c"] },
      message: /^`text_1` must hold one text, or as many as `text_2` \(3\), got: `2`$/,
    },
    { body: { text_1: "", text_2: secret }, message: /^`text_1` must not be empty$/ },
    {
      body: { text_1: ["a", "", "a"], text_2: [secret, "b", "c"] },
      message: /^`text_1\[1\]` must not be empty$/,
    },
    {
      body: { text_1: ["a", "b", "a"], text_2: ["x", "y", "x".repeat(1_000_001)] },
      message: /^`text_2\[2\]` must have at most 1000000/,
    },
    {
      body: { text_1: secret, text_2: Array(1_001).fill("a") },
      message: /^`text_2` must hold at most 1000 texts, got: `1001`$/,
    },
  ];
  for (const { body, message } of failures) {
    test(`refuses with ${message.source}`, async (context) => {
      const { url } = await startServer(context);

      const { status, text } = await postJson(`${url}/v1/score`, body);

      assert.equal(status, 422);
      assert.match(JSON.parse(text).message, message);
      assert.doesNotMatch(text, new RegExp(secret));
    });
  }
});
