import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import {
  LongDocuments,
  RerankService,
  TruncationDirection,
} from "../../../../gen/rerank/v1/rerank_service_pb.ts";
import { sendHttp1 } from "../../http-client.ts";
import { startServer } from "../../start-server.ts";

const transports = {
  gRPC: (baseUrl: string) => createGrpcTransport({ baseUrl }),
  "Connect JSON": (baseUrl: string) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
};

for (const [name, createTransport] of Object.entries(transports)) {
  suite(`long documents over ${name}`, () => {
    test("come to the reranker as they were asked for", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = createClient(RerankService, createTransport(url));
      const texts = { query: "q", documents: ["a"] };

      await client.rerank(texts);
      await client.rerank({
        ...texts,
        longDocuments: LongDocuments.WINDOWS,
        truncationDirection: TruncationDirection.LEFT,
        maxTokensPerDoc: 7,
        scoreThreshold: 0.25,
      });
      await client.rerank({
        ...texts,
        longDocuments: LongDocuments.TRUNCATE,
        truncationDirection: TruncationDirection.RIGHT,
      });

      assert.deepEqual(
        reranker.requests.map((request) => [
          request.longDocuments,
          request.truncationDirection,
          request.maxTokensPerDocument,
          request.scoreThreshold,
        ]),
        [
          [undefined, undefined, undefined, undefined],
          ["windows", "left", 7, 0.25],
          ["truncate", "right", undefined, undefined],
        ],
      );
    });

    test("are answered with the passage, and its text where documents are returned", async (context) => {
      const { url, reranker } = await startServer(context);
      const timings = { tokenizationMs: 0, queueMs: 0, inferenceMs: 0, totalMs: 0 };
      const result = { index: 0, relevanceScore: 1, truncated: false };
      reranker.rerank = async () => ({
        model: "fake-model",
        results: [
          { ...result, passage: { start: 1, end: 3 } },
          { ...result, index: 1 },
        ],
        totalTokens: 1,
        queryTruncated: false,
        timings,
      });
      const client = createClient(RerankService, createTransport(url));
      const request = { query: "q", documents: ["😀é😀b", "c"] };

      const plain = await client.rerank(request);
      const whole = await client.rerank({ ...request, returnDocuments: true });

      const passagesOf = ({ results }: typeof plain) =>
        results.map(({ passage }) => passage && [passage.start, passage.end, passage.text]);
      assert.deepEqual(passagesOf(plain), [[1, 3, undefined], undefined]);
      assert.deepEqual(passagesOf(whole), [[1, 3, "é😀"], undefined]);
    });
  });
}

suite("enums of the contract", () => {
  test("without a meaning are refused over gRPC, and in a stream without ending it", async (context) => {
    const { url } = await startServer(context);
    const client = createClient(RerankService, createGrpcTransport({ baseUrl: url }));
    const request = { query: "q", documents: ["a"], longDocuments: 9 as LongDocuments };
    const message = /`long_documents` must be .*, got: `9`/;

    await assert.rejects(client.rerank(request), { rawMessage: message });
    const good = { query: "q", documents: ["a"] };
    const requests = [
      { id: "bad", request },
      { id: "good", request: good },
    ];
    const outcomes = new Map<string, string | undefined>();
    const stream = client.rerankStream(
      (async function* () {
        yield* requests;
      })(),
    );
    for await (const { id, outcome } of stream) {
      outcomes.set(id, outcome.case);
      if (outcome.case === "error") assert.match(outcome.value.message, message);
    }

    assert.deepEqual(
      outcomes,
      new Map([
        ["bad", "error"],
        ["good", "response"],
      ]),
    );
  });

  test("are spelled by name in JSON", async (context) => {
    const { url, reranker } = await startServer(context);
    const answer = await sendHttp1(`${url}/rerank.v1.RerankService/Rerank`, {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        query: "q",
        documents: ["a"],
        long_documents: "LONG_DOCUMENTS_WINDOWS",
        truncation_direction: null,
      }),
    });

    assert.equal(answer.status, 200);
    assert.equal(reranker.requests[0]?.longDocuments, "windows");
  });

  test("have the names of their own service, also in another that has the field", async (context) => {
    const { url, reranker } = await startServer(context);
    const call = (direction: string) =>
      sendHttp1(`${url}/tei.v1.Rerank/Rerank`, {
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query: "q", texts: ["a"], truncation_direction: direction }),
      });

    const known = await call("TRUNCATION_DIRECTION_LEFT");
    const foreign = await call("TRUNCATION_DIRECTION_UNSPECIFIED");

    assert.equal(known.status, 200);
    assert.equal(reranker.requests[0]?.truncationDirection, "left");
    assert.equal(foreign.status, 400);
    assert.match(JSON.parse(foreign.text).message, /`truncation_direction` must be/);
  });
});
