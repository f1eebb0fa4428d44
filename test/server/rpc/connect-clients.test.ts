import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { RerankService } from "../../../gen/rerank/v1/rerank_service_pb.ts";
import { startServer } from "../start-server.ts";

const transports: Readonly<Record<string, (baseUrl: string) => Transport>> = {
  "gRPC over HTTP/2": (baseUrl) => createGrpcTransport({ baseUrl }),
  "gRPC-Web over HTTP/1.1": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "gRPC-Web over HTTP/2": (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
  "Connect JSON over HTTP/1.1": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
  "Connect binary over HTTP/1.1": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: true }),
  "Connect JSON over HTTP/2": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false }),
  "Connect GET over HTTP/1.1": (baseUrl) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", useHttpGet: true }),
};

for (const [name, createTransport] of Object.entries(transports)) {
  suite(`a client of ${name}`, () => {
    test("gets a ranking with index 0 and score 0", async (context) => {
      const { url } = await startServer(context);
      const client = createClient(RerankService, createTransport(url));

      const { model, results, usage, queryTruncated } = await client.rerank({
        query: "long q",
        documents: ["", "bb"],
        returnDocuments: true,
        topN: 5,
      });

      assert.equal(model, "fake-model");
      assert.equal(queryTruncated, true);
      assert.equal(usage?.totalTokens, 2);
      assert.deepEqual(
        results.map(({ index, relevanceScore, document }) => ({ index, relevanceScore, document })),
        [
          { index: 1, relevanceScore: Math.fround(0.02), document: "bb" },
          { index: 0, relevanceScore: 0, document: "" },
        ],
      );
    });

    test("is told where the time went", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = createClient(RerankService, createTransport(url));
      const request = { query: "q", documents: ["a"], returnTimings: true };
      let headers = new Headers();

      const { timings } = await client.rerank(request, {
        timeoutMs: 60_000,
        onHeader: (received) => {
          headers = received;
        },
      });

      assert.equal(headers.get("x-total-time"), "8");
      assert.equal(headers.get("x-compute-tokens"), "1");
      assert.deepEqual([timings?.queueMs, timings?.totalMs], [2.5, 7.500000000001]);
      const [timeoutMs] = reranker.timeouts;
      assert(timeoutMs !== undefined && timeoutMs > 0 && timeoutMs <= 60_000);
    });

    test("reads the health", async (context) => {
      const { url, health } = await startServer(context);
      const client = createClient(RerankService, createTransport(url));

      const before = await client.health({});
      health.update({ status: "restarting", reason: "a crash" });
      const after = await client.health({});

      assert.equal(before.status, "ok");
      assert.equal(before.maxLength, 512);
      assert.equal(after.status, "restarting");
      assert.equal(after.reason, "a crash");
    });

    test("sees the status and message of an error, but nothing of a bug", async (context) => {
      const { url } = await startServer(context);
      const client = createClient(RerankService, createTransport(url));
      const errorFor = async (query: string): Promise<ConnectError> => {
        const call = client.rerank({ query, documents: ["a"] });
        const error = await call.catch((reason: unknown) => reason);
        assert.ok(error instanceof ConnectError);
        return error;
      };

      assert.equal((await errorFor("")).code, Code.InvalidArgument);
      assert.match((await errorFor("")).rawMessage, /`query` must not be empty/);
      assert.equal((await errorFor("busy")).code, Code.ResourceExhausted);
      assert.equal((await errorFor("busy")).details.length, 1);
      assert.equal((await errorFor("busy")).metadata.get("retry-after"), "2");
      const vast = await errorFor("vast");
      assert.equal(vast.code, Code.ResourceExhausted);
      assert.deepEqual([vast.details, vast.metadata.get("retry-after")], [[], null]);
      assert.equal((await errorFor("bug")).code, Code.Internal);
      assert.equal((await errorFor("bug")).rawMessage, "internal error");
    });

    test("sees DEADLINE_EXCEEDED, and the reranker is told", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = createClient(RerankService, createTransport(url));

      // Opens the connection, so that the time is spent on the call alone.
      await client.health({});

      const call = client.rerank({ query: "hold", documents: ["a"] }, { timeoutMs: 500 });

      await assert.rejects(call, { code: Code.DeadlineExceeded });
      await reranker.until(() => reranker.aborted.length === 1);
    });

    test("aborts the reranker by going away", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = createClient(RerankService, createTransport(url));
      const leave = new AbortController();

      const call = client.rerank({ query: "hold", documents: ["a"] }, { signal: leave.signal });
      const ended = assert.rejects(call, { code: Code.Canceled });
      await reranker.until(() => reranker.held.length === 1);
      leave.abort();

      await ended;
      await reranker.until(() => reranker.aborted.length === 1);
      assert.deepEqual(reranker.aborted, ["cancelled"]);
    });
  });
}

suite("the server's own timer", () => {
  test("answers Connect with 504 and gRPC-Web with DEADLINE_EXCEEDED", async (context) => {
    const { url, reranker } = await startServer(context);
    const path = `${url}/rerank.v1.RerankService/Rerank`;
    const body = JSON.stringify({ query: "hold", documents: ["a"] });

    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", "connect-timeout-ms": "200" },
      body,
    });

    assert.equal(response.status, 504);
    assert.equal(((await response.json()) as { code: string }).code, "deadline_exceeded");
    assert.deepEqual(reranker.aborted, ["deadline_exceeded"]);
  });
});

suite("RerankStream over connect-node", () => {
  for (const name of ["gRPC over HTTP/2", "Connect JSON over HTTP/2", "gRPC-Web over HTTP/2"]) {
    test(`answers over ${name}`, async (context) => {
      const { url } = await startServer(context);
      const transport = transports[name]?.(url);
      assert.ok(transport);
      const client = createClient(RerankService, transport);
      async function* requests() {
        for (const id of ["a", "b", "c"]) yield { id, request: { query: "q", documents: [id] } };
      }

      const ids: string[] = [];
      for await (const { id, outcome } of client.rerankStream(requests())) {
        assert.equal(outcome.case, "response");
        ids.push(id);
      }

      assert.deepEqual(ids.sort(), ["a", "b", "c"]);
    });
  }
});
