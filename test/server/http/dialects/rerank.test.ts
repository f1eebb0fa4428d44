import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { connectHttp2, postRerank, sendHttp1, sendHttp2 } from "../../http-client.ts";
import { startServer } from "../../start-server.ts";

const json = { "content-type": "application/json" };

suite("POST /rerank", () => {
  test("answers with the fields of the guide first, then with what clients look for", async (context) => {
    const { url } = await startServer(context);
    const startedS = Math.floor(Date.now() / 1_000);

    const { status, headers, text } = await postRerank(url, { query: "q", documents: ["a", "bb"] });

    assert.equal(status, 200);
    assert.equal(headers["content-type"], "application/json");
    const { created, ...answer } = JSON.parse(text);
    assert(Number.isInteger(created) && created >= startedS && created <= Date.now() / 1_000);
    assert.match(text, /^{"model":"fake-model","results":\[{"index":1,"relevance_score":/);
    assert.deepEqual(answer, {
      model: "fake-model",
      results: [
        { index: 1, relevance_score: Math.fround(0.02) },
        { index: 0, relevance_score: Math.fround(0.01) },
      ],
      id: headers["x-request-id"],
      object: "rerank",
      usage: { prompt_tokens: 2, total_tokens: 2 },
      meta: {
        api_version: { version: "2" },
        billed_units: { search_units: 1, input_tokens: 2 },
        tokens: { input_tokens: 2, output_tokens: 0 },
      },
    });
  });

  test("answers the same over HTTP/2", async (context) => {
    const { url } = await startServer(context);
    const session = connectHttp2(context, url);
    const body = JSON.stringify({ query: "q", documents: ["a", "bb"] });

    const headers = { ...json, "x-request-id": "same" };
    const overHttp2 = await sendHttp2(session, "/rerank", { headers, body });
    const overHttp1 = await sendHttp1(`${url}/rerank`, { headers, body });

    assert.equal(overHttp2.status, 200);
    const withoutSecond = ({ text }: { text: string }) => ({ ...JSON.parse(text), created: 0 });
    assert.deepEqual(withoutSecond(overHttp2), withoutSecond(overHttp1));
  });

  test("tells where the time went: in headers always, in the body where asked", async (context) => {
    const { url, reranker } = await startServer(context);
    const body = { query: "q", documents: ["a"], return_timings: true };

    const { headers, text } = await postRerank(url, body, { "x-request-timeout-ms": "60000" });

    assert.deepEqual(
      ["tokenization", "queue", "inference", "total"].map((stage) => headers[`x-${stage}-time`]),
      ["1", "3", "4", "8"],
    );
    assert.equal(headers["x-compute-tokens"], "1");
    assert.equal(headers["x-compute-characters"], "2");
    assert.equal(headers["x-compute-type"], "cpu");
    assert.equal(headers["x-compute-time"], "8");
    assert.deepEqual(JSON.parse(text).timings, {
      tokenization_ms: 1.25,
      queue_ms: 2.5,
      inference_ms: 3.5,
      total_ms: 7.5,
    });
    const [timeoutMs] = reranker.timeouts;
    assert(timeoutMs !== undefined && timeoutMs > 0 && timeoutMs <= 60_000);
  });

  test("hands every field to the reranker", async (context) => {
    const { url, reranker } = await startServer(context);

    await postRerank(url, {
      model: "fake-model",
      query: "q",
      documents: ["a", "bb"],
      top_n: 1,
      raw_scores: true,
      truncate: false,
      truncation_direction: "left",
      max_tokens_per_doc: 100,
      max_tokens_per_query: 50,
      truncate_prompt_tokens: 200,
      long_documents: "windows",
      score_threshold: 0.25,
      instruction: "look",
    });

    assert.deepEqual(reranker.requests, [
      {
        query: "q",
        documents: ["a", "bb"],
        topN: 1,
        model: "fake-model",
        rawScores: true,
        truncate: false,
        truncationDirection: "left",
        maxTokensPerDocument: 100,
        maxTokensPerQuery: 50,
        maxTokensPerPair: 200,
        longDocuments: "windows",
        instruction: "look",
        scoreThreshold: 0.25,
      },
    ]);
  });

  test("takes null for every optional field, and ignores unknown ones", async (context) => {
    const { url } = await startServer(context);
    const nulls = {
      ...{ model: null, top_n: null, return_documents: null, raw_scores: null, rank_fields: null },
      ...{ long_documents: null, truncation_direction: null, max_tokens_per_doc: null },
      ...{ score_threshold: null, truncate_prompt_tokens: null, max_chunks_per_doc: null },
    };

    const { status } = await postRerank(url, {
      ...nulls,
      truncate: null,
      query: "q",
      documents: [],
      nope: { deep: [1] },
    });

    assert.equal(status, 200);
  });

  test("adds documents where they are asked for, and tells what was cut", async (context) => {
    const { url } = await startServer(context);

    const { text } = await postRerank(url, {
      query: "long query",
      documents: ["long document", "b"],
      return_documents: true,
    });

    const answer = JSON.parse(text);
    assert.deepEqual(answer.results, [
      {
        index: 0,
        relevance_score: Math.fround(0.13),
        document: { text: "long document" },
        truncated: true,
      },
      { index: 1, relevance_score: Math.fround(0.01), document: { text: "b" } },
    ]);
    assert.equal(answer.query_truncated, true);
    assert.deepEqual(answer.meta.warnings, [
      "1 of the results were cut to fit 512 tokens",
      "the query was cut to fit 512 tokens",
    ]);
  });

  for (const type of [undefined, "application/json; charset=UTF-8", "application/vnd.x+json"]) {
    test(`takes the content type ${type}`, async (context) => {
      const { url } = await startServer(context);
      const headers = type === undefined ? {} : { "content-type": type };
      const body = JSON.stringify({ query: "q", documents: [] });

      const { status } = await sendHttp1(`${url}/rerank`, { headers, body });

      assert.equal(status, 200);
    });
  }

  const encodings = {
    gzip: gzipSync,
    "x-gzip": gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
  } as const;
  for (const [encoding, compress] of Object.entries(encodings)) {
    test(`reads a body in ${encoding}`, async (context) => {
      const { url } = await startServer(context);
      const body = compress(JSON.stringify({ query: "q", documents: ["a"] }));

      const { status } = await sendHttp1(`${url}/rerank`, {
        headers: { ...json, "content-encoding": encoding },
        body,
      });

      assert.equal(status, 200);
    });

    test(`refuses a body in ${encoding} that is too large once decompressed`, async (context) => {
      const { url } = await startServer(context, { limits: { maxBodyBytes: 10_000 } });
      const body = compress(JSON.stringify({ query: "q", documents: ["a".repeat(20_000)] }));
      assert.ok(body.byteLength < 10_000);

      const { status, text } = await sendHttp1(`${url}/rerank`, {
        headers: { ...json, "content-encoding": encoding },
        body,
      });

      assert.equal(status, 413);
      assert.match(text, /at most 10000 bytes/);
    });
  }

  test("ends with 504 when the deadline of the header passes", async (context) => {
    const { url, reranker } = await startServer(context);
    const body = { query: "hold", documents: ["a"] };

    const { status, text } = await postRerank(url, body, { "x-request-timeout-ms": "200" });

    assert.equal(status, 504);
    assert.equal(JSON.parse(text).error.code, "deadline_exceeded");
    assert.deepEqual(reranker.aborted, ["deadline_exceeded"]);
  });

  test("aborts the reranker when the client goes away", async (context) => {
    const { url, reranker } = await startServer(context);
    const session = connectHttp2(context, url);
    const body = JSON.stringify({ query: "hold", documents: ["a"] });
    const answers = [
      sendHttp2(session, "/rerank", { headers: json, body }).catch(() => undefined),
      postRerank(url, { query: "q", documents: [] }),
    ];
    await reranker.until(() => reranker.held.length === 1);

    session.destroy();

    await reranker.until(() => reranker.aborted.length === 1);
    assert.deepEqual(reranker.aborted, ["cancelled"]);
    await Promise.all(answers);
  });

  test("tells when to try again", async (context) => {
    const { url } = await startServer(context);

    const busy = await postRerank(url, { query: "busy", documents: ["a"] });
    const loading = await postRerank(url, { query: "loading", documents: ["a"] });

    assert.equal(busy.status, 429);
    assert.equal(busy.headers["retry-after"], "2");
    assert.equal(loading.status, 503);
    assert.equal(loading.headers["retry-after"], "1");
  });

  test("says nothing of a bug but logs its cause", async (context) => {
    const { url, log } = await startServer(context);

    const { status, text } = await postRerank(url, { query: "bug", documents: ["a"] });

    assert.equal(status, 500);
    assert.deepEqual(JSON.parse(text), {
      error: { code: "internal", message: "internal error", type: "server_error", param: null },
      message: "internal error",
      detail: "internal error",
    });
    const line = await log.find(({ level }) => level === "error");
    assert.match(String(line.fields.err), /secret/);
  });

  test("echoes a sane request id and replaces any other", async (context) => {
    const { url } = await startServer(context);
    const send = async (id: string) => {
      const answer = await sendHttp1(`${url}/health`, { headers: { "x-request-id": id } });
      return answer.headers["x-request-id"];
    };

    assert.equal(await send("trace-1:2"), "trace-1:2");
    assert.match(String(await send("a b")), /^[\da-f-]{36}$/);
    assert.match(String(await send("x".repeat(129))), /^[\da-f-]{36}$/);
  });
});

suite("GET /health", () => {
  test("answers 200 while the server can rank, else 503 with the reason", async (context) => {
    const { url, health } = await startServer(context);
    const fields = {
      model: "fake-model",
      device: "cpu",
      workers: 2,
      threads: 1,
      dtype: "int8",
      max_length: 512,
      activation: "sigmoid",
    };

    const ok = await sendHttp1(`${url}/health`);
    health.update({ status: "restarting", reason: "the worker crashed" });
    const restarting = await sendHttp1(`${url}/health`);
    health.update({ status: "degraded", reason: "documents run on the cpu" });
    const degraded = await sendHttp1(`${url}/health`);

    assert.equal(degraded.status, 200);
    const { status, reason } = JSON.parse(degraded.text);
    assert.deepEqual([status, reason], ["degraded", "documents run on the cpu"]);
    assert.equal(ok.status, 200);
    assert.deepEqual(JSON.parse(ok.text), { status: "ok", ...fields, version: "0.0.0" });
    assert.equal(restarting.status, 503);
    assert.deepEqual(JSON.parse(restarting.text), {
      status: "restarting",
      ...fields,
      version: "0.0.0",
      reason: "the worker crashed",
    });
  });

  test("answers HEAD with the headers alone", async (context) => {
    const { url } = await startServer(context);

    const get = await sendHttp1(`${url}/health`);
    const head = await sendHttp1(`${url}/health`, { method: "HEAD" });

    assert.equal(head.status, 200);
    assert.equal(head.text, "");
    assert.equal(head.headers["content-length"], get.headers["content-length"]);
  });
});
