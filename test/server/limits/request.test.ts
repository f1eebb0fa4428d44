import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Code, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { RerankService } from "../../../gen/rerank/v1/rerank_service_pb.ts";
import { Rerank } from "../../../gen/tei/v1/tei_pb.ts";
import { defaultRequestLimits } from "../../../src/reranker/check-request.ts";
import { fakeMaxDocuments } from "../../fakes/fake-reranker.ts";
import { postJson } from "../http-client.ts";
import { assertAlive, startServer } from "../start-server.ts";

const { maxDocumentChars, maxQueryChars } = defaultRequestLimits;

/** Requests that are larger than the server takes, each in one thing. */
const tooLarge = {
  "too many documents": { query: "q", documents: Array(fakeMaxDocuments + 1).fill("a") },
  "a document that is too long": { query: "q", documents: ["a".repeat(maxDocumentChars + 1)] },
  "a query that is too long": { query: "a".repeat(maxQueryChars + 1), documents: ["a"] },
} satisfies Record<string, { query: string; documents: string[] }>;

const transports = {
  gRPC: (baseUrl: string) => createGrpcTransport({ baseUrl }),
  "gRPC-Web": (baseUrl: string) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  Connect: (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
};

for (const [name, request] of Object.entries(tooLarge)) {
  suite(`a request with ${name}`, () => {
    test("is refused on the plain routes of every dialect", async (context) => {
      const running = await startServer(context);
      const { query, documents } = request;
      const bodies = {
        "/rerank": request,
        "/v2/rerank": { query, texts: documents },
        "/v1/score": { text_1: query, text_2: documents },
        "/v1/ranking": { query: { text: query }, passages: documents.map((text) => ({ text })) },
      };

      for (const [path, body] of Object.entries(bodies)) {
        const { status, text } = await postJson(`${running.url}${path}`, body);
        assert.equal(status, 422, path);
        assert.match(text, /must (have|be|hold)? ?at most/, path);
      }
      await assertAlive(running);
    });

    for (const [protocol, createTransport] of Object.entries(transports)) {
      test(`is refused over ${protocol}`, async (context) => {
        const running = await startServer(context);
        const transport = createTransport(running.url);
        const { query, documents } = request;

        const isRefused = { code: Code.InvalidArgument };
        await assert.rejects(createClient(RerankService, transport).rerank(request), isRefused);
        const tei = createClient(Rerank, transport).rerank({ query, texts: documents });
        await assert.rejects(tei, isRefused);
        await assertAlive(running);
      });
    }
  });
}
