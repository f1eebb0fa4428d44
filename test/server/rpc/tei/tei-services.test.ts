import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Metadata, ServiceError } from "@grpc/grpc-js";
import { status as Status } from "@grpc/grpc-js";
import { postJson } from "../../http-client.ts";
import { startServer } from "../../start-server.ts";
import {
  callUnary,
  createForeignClient,
  type ForeignClient,
  hasStatus,
  openClientStream,
} from "../grpc-js-client.ts";

const rerankService = "tei.v1.Rerank";

/** The fake's score of a text: its length in hundredths. */
const score = (text: string): number => Math.fround((text.length % 100) / 100);

const metadata = {
  compute_chars: 5,
  compute_tokens: 2,
  total_time_ns: "7500000",
  tokenization_time_ns: "1250000",
  queue_time_ns: "2500000",
  inference_time_ns: "3500000",
};

const failsWith = (code: Status, details: RegExp) => (error: ServiceError) => {
  assert.equal(error.code, code);
  assert.match(error.details, details);
  return true;
};

suite("tei.v1.Info", () => {
  test("tells the model and the limits", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, "tei.v1.Info");

    const { _model_sha, ...info } = await callUnary(client, "info", {});

    assert.deepEqual(info, {
      version: "0.0.0",
      model_id: "fake-model",
      model_sha: "0123456789abcdef0123456789abcdef01234567",
      model_dtype: "int8",
      model_type: 2,
      max_concurrent_requests: 128,
      max_input_length: 512,
      max_batch_tokens: 1024,
      max_client_batch_size: 1_000,
      tokenization_workers: 1,
    });
  });
});

suite("tei.v1.Rerank/Rerank", () => {
  test("ranks texts and tells what it cost", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);

    const response = await callUnary(client, "rerank", { query: "q", texts: ["a", "bb"] });

    assert.deepEqual(response, {
      ranks: [
        { index: 1, score: score("bb") },
        { index: 0, score: score("a") },
      ],
      metadata,
    });
    const [request] = reranker.requests;
    assert.equal(request?.truncate, false);
    assert.equal(request?.rawScores, false);
    assert.equal(request?.truncationDirection, "right");
  });

  test("hands on every option, and returns texts where asked", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);

    const { ranks } = await callUnary(client, "rerank", {
      query: "q",
      texts: ["a"],
      truncate: true,
      raw_scores: true,
      return_text: true,
      truncation_direction: 1,
    });

    assert.deepEqual(ranks, [{ index: 0, score: score("a"), text: "a", _text: "text" }]);
    const [request] = reranker.requests;
    assert.equal(request?.truncate, true);
    assert.equal(request?.rawScores, true);
    assert.equal(request?.truncationDirection, "left");
  });

  test("sends the timing headers of the plain route", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);

    const headers = await new Promise<Metadata>((resolve, reject) => {
      const onEnd = (error: unknown): void => reject(error);
      const call = client.rerank?.({ query: "q", texts: ["a", "bb"] }, onEnd);
      (call as { once(event: "metadata", listener: (value: Metadata) => void): void }).once(
        "metadata",
        resolve,
      );
    });

    assert.deepEqual(
      ["type", "time", "characters", "tokens"].map((name) => headers.get(`x-compute-${name}`)[0]),
      ["cpu", "8", "5", "2"],
    );
    assert.deepEqual(headers.get("x-queue-time"), ["3"]);
  });

  const failures = [
    {
      request: { query: "q" },
      code: Status.INVALID_ARGUMENT,
      details: /^`texts` must not be empty/,
    },
    { request: { texts: ["a"] }, code: Status.INVALID_ARGUMENT, details: /^`query` must not be/ },
    {
      request: { query: "q", texts: ["a"], truncation_direction: 7 },
      code: Status.INVALID_ARGUMENT,
      details: /^`truncation_direction` must be `TRUNCATION_DIRECTION_RIGHT` or .*`7`$/,
    },
    {
      request: { query: "q", texts: Array(1_001).fill("a") },
      code: Status.INVALID_ARGUMENT,
      details: /^`texts` must hold at most 1000/,
    },
    { request: { query: "busy", texts: ["a"] }, code: Status.RESOURCE_EXHAUSTED, details: /full/ },
    { request: { query: "vast", texts: ["a"] }, code: Status.RESOURCE_EXHAUSTED, details: /never/ },
    { request: { query: "loading", texts: ["a"] }, code: Status.UNAVAILABLE, details: /loading/ },
    { request: { query: "bug", texts: ["a"] }, code: Status.INTERNAL, details: /^internal error$/ },
  ];
  for (const { request, code, details } of failures) {
    test(`sees ${Status[code]} for ${JSON.stringify(request).slice(0, 60)}`, async (context) => {
      const { port } = await startServer(context);
      const client = createForeignClient(context, port, rerankService);

      await assert.rejects(callUnary(client, "rerank", request), failsWith(code, details));
    });
  }

  test("answers over Connect with every field", async (context) => {
    const { url } = await startServer(context);

    const { status, text } = await postJson(`${url}/tei.v1.Rerank/Rerank`, {
      query: "q",
      texts: ["a"],
    });

    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text).ranks, [{ index: 0, score: score("a") }]);
  });
});

suite("tei.v1.Rerank/RerankStream", () => {
  function open(client: ForeignClient, messages: readonly object[]) {
    const opened = openClientStream(client, "rerankStream");
    for (const message of messages) opened.stream.write({ ...message });
    return opened;
  }

  test("ranks all texts once the client half-closes", async (context) => {
    const { port, reranker, log } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const { stream, answer } = open(client, [
      { query: "q", text: "a", raw_scores: true, return_text: true },
      { query: "q", text: "bb" },
    ]);

    stream.end();

    assert.deepEqual(await answer, {
      ranks: [
        { index: 1, score: score("bb"), text: "bb", _text: "text" },
        { index: 0, score: score("a"), text: "a", _text: "text" },
      ],
      metadata,
    });
    assert.deepEqual(reranker.requests[0]?.documents, ["a", "bb"]);
    assert.equal(reranker.requests[0]?.rawScores, true);
    const { fields } = await log.find(({ message }) => message === "request");
    assert.equal(fields.document_count, 2);
  });

  test("answers a stream without messages with no ranks", async (context) => {
    const { port, reranker } = await startServer(context);
    const { stream, answer } = open(createForeignClient(context, port, rerankService), []);

    stream.end();

    assert.deepEqual((await answer).ranks, []);
    assert.equal(reranker.requests.length, 0);
  });

  const first = { query: "q", text: "a" };
  const failures = [
    { name: "another query", second: { query: "other", text: "b" }, details: /^`query` must be/ },
    {
      name: "another truncation",
      second: { ...first, truncate: true },
      details: /^`truncate` must be the same in every message/,
    },
    {
      name: "another direction",
      second: { ...first, truncation_direction: 1 },
      details: /^`truncation_direction` must be the same/,
    },
  ];
  for (const { name, second, details } of failures) {
    test(`refuses ${name} without waiting for the end`, async (context) => {
      const { port, reranker } = await startServer(context);
      const client = createForeignClient(context, port, rerankService);

      const { answer } = open(client, [first, second]);

      await assert.rejects(answer, failsWith(Status.INVALID_ARGUMENT, details));
      assert.equal(reranker.requests.length, 0);
      await callUnary(client, "rerank", { query: "q", texts: ["a"] });
    });
  }

  test("refuses an unknown direction, and a query that is empty", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const direction = open(client, [{ ...first, truncation_direction: 9 }]);
    const empty = open(client, [{ text: "a" }]);
    const text = open(client, [first, { query: "q", text: "x".repeat(1_000_001) }]);

    for (const { stream } of [direction, empty, text]) stream.end();

    const invalid = Status.INVALID_ARGUMENT;
    await Promise.all([
      assert.rejects(direction.answer, failsWith(invalid, /^`truncation_direction` must be/)),
      assert.rejects(empty.answer, failsWith(invalid, /^`query` must not be empty/)),
      assert.rejects(text.answer, failsWith(invalid, /^`text` must have at most 1000000/)),
    ]);
  });

  test("holds no more than a request may", async (context) => {
    const { port } = await startServer(context, { limits: { maxBodyBytes: 10_000 } });
    const client = createForeignClient(context, port, rerankService);
    const large = { query: "q", text: "a".repeat(6_000) };

    const tooMany = open(client, Array(1_001).fill(first));
    await assert.rejects(tooMany.answer, failsWith(Status.INVALID_ARGUMENT, /at most 1000 texts/));

    const tooLarge = open(client, [large, large]);
    const details = /at most 10000 bytes together/;
    await assert.rejects(tooLarge.answer, failsWith(Status.RESOURCE_EXHAUSTED, details));
  });

  test("ends when the deadline passes before the client half-closes", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    await callUnary(client, "rerank", { query: "q", texts: ["a"] });
    const { stream, answer } = openClientStream(client, "rerankStream", {
      deadline: Date.now() + 200,
    });

    stream.write(first);

    await assert.rejects(answer, hasStatus(Status.DEADLINE_EXCEEDED));
    assert.equal(reranker.requests.length, 1);
  });

  test("ends with UNAVAILABLE when a draining server gives up on it", async (context) => {
    const { port, server } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const { answer } = open(client, [first]);
    const ended = assert.rejects(answer, failsWith(Status.UNAVAILABLE, /the server stopped/));
    // On the same connection, so the stream has reached the server once this is answered.
    await callUnary(client, "rerank", { query: "q", texts: ["a"] });

    const { clean } = await server.drain(100);

    await ended;
    assert.equal(clean, false);
  });
});
