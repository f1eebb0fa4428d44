import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type ServiceError, status as Status } from "@grpc/grpc-js";
import { postRerank } from "../http-client.ts";
import { startServer } from "../start-server.ts";
import { callUnary, createForeignClient, hasStatus } from "./grpc-js-client.ts";

const rerankService = "rerank.v1.RerankService";

suite("a grpc-js client", () => {
  test("gets a ranking", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);

    const response = await callUnary(client, "rerank", {
      query: "long q",
      documents: ["a", "bb"],
      return_documents: true,
    });

    const oneofs = { _index: "index", _relevance_score: "relevance_score" };
    const shared = { truncated: false, passage: null, ...oneofs };
    assert.deepEqual(response, {
      model: "fake-model",
      results: [
        {
          ...shared,
          index: 1,
          relevance_score: Math.fround(0.02),
          document: "bb",
          _document: "document",
        },
        {
          ...shared,
          index: 0,
          relevance_score: Math.fround(0.01),
          document: "a",
          _document: "document",
        },
      ],
      usage: { total_tokens: 2 },
      timings: null,
      query_truncated: true,
    });
  });

  test("keeps the difference between an absent field and a default", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);

    await callUnary(client, "rerank", { query: "q", documents: [] });
    await callUnary(client, "rerank", { query: "q", documents: [], top_n: 0, truncate: false });

    assert.equal(reranker.requests[0]?.topN, undefined);
    assert.equal(reranker.requests[0]?.truncate, undefined);
    assert.equal(reranker.requests[1]?.topN, 0);
    assert.equal(reranker.requests[1]?.truncate, false);
  });

  const failures = [
    { request: { query: "" }, code: Status.INVALID_ARGUMENT, details: /`query` must not be empty/ },
    { request: { query: "q", top_n: -1 }, code: Status.INVALID_ARGUMENT, details: /`top_n`/ },
    { request: { query: "q", model: "x" }, code: Status.NOT_FOUND, details: /`model`/ },
    { request: { query: "busy" }, code: Status.RESOURCE_EXHAUSTED, details: /queue is full/ },
    { request: { query: "loading" }, code: Status.UNAVAILABLE, details: /model is loading/ },
    { request: { query: "bug" }, code: Status.INTERNAL, details: /^internal error$/ },
  ];
  for (const { request, code, details } of failures) {
    test(`sees ${Status[code]} for ${JSON.stringify(request)}`, async (context) => {
      const { port } = await startServer(context);
      const client = createForeignClient(context, port, rerankService);

      await assert.rejects(
        callUnary(client, "rerank", { documents: ["a"], ...request }),
        (error: ServiceError) => {
          assert.equal(error.code, code);
          assert.match(error.details, details);
          assert.ok(error.metadata.get("x-request-id").length <= 1);
          return true;
        },
      );
    });
  }

  test("is told when to try again", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);

    await assert.rejects(
      callUnary(client, "rerank", { query: "busy", documents: [] }),
      (error: ServiceError) => {
        const [details] = error.metadata.get("grpc-status-details-bin");
        assert.ok(Buffer.isBuffer(details));
        assert.ok(details.includes("type.googleapis.com/google.rpc.RetryInfo"));
        // google.rpc.RetryInfo{retry_delay: {seconds: 1, nanos: 500000000}}
        assert.ok(details.includes(Buffer.from("0a08080110" + "80cab5ee01", "hex")));
        return true;
      },
    );
  });

  test("sees DEADLINE_EXCEEDED, and the reranker is told", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);

    // Opens the connection, so that the time is spent on the call alone.
    await callUnary(client, "health", {});

    const deadline = Date.now() + 500;
    const call = callUnary(client, "rerank", { query: "hold", documents: ["a"] }, { deadline });

    await assert.rejects(call, hasStatus(Status.DEADLINE_EXCEEDED));
    await reranker.until(() => reranker.aborted.length === 1);
  });

  test("may ask for a deadline beyond what a timer can count", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);

    const deadline = Date.now() + 100 * 24 * 3_600_000;
    const response = await callUnary(client, "rerank", { query: "q", documents: [] }, { deadline });

    assert.deepEqual(response.results, []);
  });

  test("aborts the reranker by cancelling", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const ended = new Promise<ServiceError>((resolve) => {
      const call = client.rerank?.({ query: "hold", documents: ["a"] }, resolve);
      void reranker
        .until(() => reranker.held.length === 1)
        .then(() => (call as { cancel(): void }).cancel());
    });

    assert.equal((await ended).code, Status.CANCELLED);
    await reranker.until(() => reranker.aborted.length === 1);
    assert.deepEqual(reranker.aborted, ["cancelled"]);
  });

  test("sees UNIMPLEMENTED for a method that does not exist", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const identity = (bytes: Buffer): Buffer => bytes;

    const call = new Promise((resolve, reject) => {
      const path = "/rerank.v1.RerankService/Nope";
      client.makeUnaryRequest(path, identity, identity, Buffer.alloc(0), (error, response) =>
        error ? reject(error) : resolve(response),
      );
    });

    await assert.rejects(call, hasStatus(Status.UNIMPLEMENTED));
  });

  test("sees INVALID_ARGUMENT for bytes that are no message", async (context) => {
    const { port, url } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const identity = (bytes: Buffer): Buffer => bytes;
    // A field of two bytes that claims to have a hundred; and a query that is not UTF-8.
    for (const bytes of [Buffer.from([0x0a, 100, 1, 2]), Buffer.from([0x0a, 1, 0xff])]) {
      const call = new Promise((resolve, reject) => {
        const path = "/rerank.v1.RerankService/Rerank";
        client.makeUnaryRequest(path, identity, identity, bytes, (error, response) =>
          error ? reject(error) : resolve(response),
        );
      });

      await assert.rejects(call, (error: ServiceError) => {
        assert.equal(error.code, Status.INVALID_ARGUMENT);
        assert.equal(error.details, "the request is not a valid protobuf message");
        return true;
      });
    }
    assert.equal((await postRerank(url, { query: "q", documents: [] })).status, 200);
  });

  test("sees RESOURCE_EXHAUSTED for a document of 50 MB", async (context) => {
    const { port, url } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const documents = ["a".repeat(50 * 1024 * 1024)];

    await assert.rejects(
      callUnary(client, "rerank", { query: "q", documents }),
      (error: ServiceError) => {
        assert.equal(error.code, Status.RESOURCE_EXHAUSTED);
        assert.match(error.details, /^the message must be at most 33554432 bytes$/);
        return true;
      },
    );
    assert.equal((await postRerank(url, { query: "q", documents: [] })).status, 200);
  });
});
