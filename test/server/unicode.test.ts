import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type ClientDuplexStream, type ServiceError, status as Status } from "@grpc/grpc-js";
import { connectHttp2, postJson, sendHttp1, sendHttp2 } from "./http-client.ts";
import { callUnary, createForeignClient, type ForeignMessage } from "./rpc/grpc-js-client.ts";
import { startServer } from "./start-server.ts";

/** Longer than what any message repeats, with the cut in the middle of a character. */
const wide = `x${"🙂".repeat(300)}`;

/** Ways to send the same two documents, of which each has half a character. */
const routes: Readonly<Record<string, (query: string, documents: string[]) => object>> = {
  "/rerank": (query, documents) => ({ query, documents }),
  "/v1/rerank": (query, documents) => ({ query, documents }),
  "/v1/score": (query, documents) => ({ text_1: query, text_2: documents }),
  "/v1/ranking": (query, documents) => ({
    query: { text: query },
    passages: documents.map((text) => ({ text })),
  }),
  "/rerank.v1.RerankService/Rerank": (query, documents) => ({ query, documents }),
  "/tei.v1.Rerank/Rerank": (query, documents) => ({ query, texts: documents }),
};

suite("text that is no valid Unicode", () => {
  for (const [path, bodyOf] of Object.entries(routes)) {
    test(`is ranked as U+FFFD on ${path}`, async (context) => {
      const { url, reranker } = await startServer(context);

      const body = bodyOf("q\ud83d", ["\ude42a", "whole 🙂"]);
      const { status, text } = await postJson(`${url}${path}`, body);

      assert.equal(status, 200, text);
      const [request] = reranker.requests;
      assert.equal(request?.query, "q\ufffd");
      assert.deepEqual(request?.documents, ["\ufffda", "whole 🙂"]);
    });
  }

  test("comes back as U+FFFD, inside of a document's other fields as well", async (context) => {
    const { url } = await startServer(context);
    const documents = [{ text: "a\ud83d", title: "\ude42" }];

    const { text } = await postJson(`${url}/v1/rerank`, { query: "q", documents });

    const [result] = JSON.parse(text).results;
    assert.deepEqual(result.document, { text: "a\ufffd", title: "\ufffd" });
  });

  test("is told apart from a backslash and the letters of an escape", async (context) => {
    const { url, reranker } = await startServer(context);
    const body = '{"query":"\\\\ud83d \\ud83d\\ude42","documents":[]}';

    await sendHttp1(`${url}/rerank`, { headers: { "content-type": "application/json" }, body });

    assert.equal(reranker.requests[0]?.query, "\\ud83d 🙂");
  });
});

suite("a long name of characters of two units", () => {
  const message = { query: "q", documents: ["a"] };

  test("is repeated in the status of a gRPC call without half a character", async (context) => {
    const { port } = await startServer(context);
    const health = createForeignClient(context, port, "grpc.health.v1.Health");
    const rerank = createForeignClient(context, port, "rerank.v1.RerankService");

    for (const call of [
      callUnary(health, "check", { service: wide }),
      callUnary(rerank, "rerank", { ...message, model: wide }),
    ]) {
      const error = await call.catch((rejected: ServiceError) => rejected);
      assert.equal(error.code, Status.NOT_FOUND);
      assert.match(String(error.details), /`x🙂+…`/u);
    }
  });

  test("of a request in a stream fails that request alone", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, "rerank.v1.RerankService");
    const stream = client.rerankStream?.() as ClientDuplexStream<ForeignMessage, ForeignMessage>;
    const answers: ForeignMessage[] = [];
    stream.on("data", (answer: ForeignMessage) => answers.push(answer));
    const ended = new Promise((resolve, reject) => stream.on("end", resolve).on("error", reject));

    stream.write({ id: wide, request: message });
    stream.write({ id: "🙂".repeat(128), request: message });
    stream.write({ id: "model", request: { ...message, model: wide } });
    stream.end();
    await ended;

    const failed = new Map(answers.map(({ id, error }) => [id, Boolean(error)]));
    assert.deepEqual(
      failed,
      new Map([
        [`x${"🙂".repeat(127)}`, true],
        ["🙂".repeat(128), false],
        ["model", true],
      ]),
    );
  });

  for (const [what, path, body] of [
    ["`model`", "/rerank", { ...message, model: wide }],
    ["a word", "/rerank", { ...message, long_documents: wide }],
    ["a field of a document", "/rerank", { query: "q", documents: [{}], rank_fields: [wide] }],
  ] as const) {
    test(`is repeated whole characters of as ${what}`, async (context) => {
      const { url } = await startServer(context);

      const { status, text } = await postJson(`${url}${path}`, body);

      assert.match(String(status), /^4/);
      assert.match(text, /x🙂+…/u);
      assert.doesNotMatch(text, /\\ud8|\ufffd/i);
    });
  }

  test("is found in a path that is as long as the headers may be", async (context) => {
    const { url, port } = await startServer(context);
    const name = "가".repeat(150);
    const path = `/v1/models/${encodeURIComponent(name)}`;

    const overHttp1 = await sendHttp1(`${url}${path}`);
    const overHttp2 = await sendHttp2(connectHttp2(context, `http://127.0.0.1:${port}`), path);

    for (const { status, text } of [overHttp1, overHttp2]) {
      assert.equal(status, 404);
      assert.match(text, /must be one that is served .* got: `가+…`/);
    }
  });
});
