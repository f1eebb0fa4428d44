import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connectHttp2, postRerank, sendHttp1, sendHttp2 } from "../http-client.ts";
import {
  callUnary,
  collectStream,
  createForeignClient,
  openStream,
} from "../rpc/grpc-js-client.ts";
import { type RunningServer, startServer } from "../start-server.ts";

const rerankService = "rerank.v1.RerankService";

async function lineOf({ log }: RunningServer): Promise<Record<string, unknown>> {
  const { level, fields } = await log.find(({ message }) => message === "request");
  return { level, ...fields };
}

suite("the log", () => {
  test("has one line for a plain request", async (context) => {
    const running = await startServer(context);

    await postRerank(
      running.url,
      { query: "q", documents: ["a", "b"] },
      { "x-request-id": "id-1" },
    );

    const { duration_ms, ...line } = await lineOf(running);
    assert.ok(Number.isInteger(duration_ms));
    assert.deepEqual(line, {
      level: "info",
      protocol: "http",
      method: "POST",
      path: "/rerank",
      status: 200,
      code: "ok",
      document_count: 2,
      request_id: "id-1",
    });
  });

  test("has one line for a gRPC call, with its status", async (context) => {
    const running = await startServer(context);
    const client = createForeignClient(context, running.port, rerankService);

    await callUnary(client, "rerank", { query: "busy", documents: ["a"] }).catch(() => undefined);

    const { duration_ms, request_id, ...line } = await lineOf(running);
    assert.deepEqual(line, {
      level: "info",
      protocol: "grpc",
      method: "POST",
      path: "/rerank.v1.RerankService/Rerank",
      status: 200,
      code: "resource_exhausted",
      reason: "the queue is full",
      field: undefined,
      limit: undefined,
      peer: "127.0.0.1",
      document_count: 1,
    });
  });

  test("counts the documents of a whole stream", async (context) => {
    const running = await startServer(context);
    const client = createForeignClient(context, running.port, rerankService);
    const stream = openStream(client, "rerankStream");
    const ended = collectStream(stream);

    stream.write({ id: "a", request: { query: "q", documents: ["a"] } });
    stream.write({ id: "b", request: { query: "q", documents: ["a", "b"] } });
    stream.end();
    await ended;

    const { code, document_count } = await lineOf(running);
    assert.equal(code, "ok");
    assert.equal(document_count, 3);
  });

  test("tells a client that went away", async (context) => {
    const running = await startServer(context);
    const { reranker, url } = running;
    const session = connectHttp2(context, url);
    const body = JSON.stringify({ query: "hold", documents: ["a"] });
    const headers = { "content-type": "application/json" };
    const answer = sendHttp2(session, "/rerank", { headers, body }).catch(() => undefined);
    await reranker.until(() => reranker.held.length === 1);

    session.destroy();
    await answer;

    assert.equal((await lineOf(running)).code, "cancelled");
  });

  test("has probes at debug", async (context) => {
    const running = await startServer(context);
    const { log, port, url } = running;
    const health = createForeignClient(context, port, "grpc.health.v1.Health");
    const rerank = createForeignClient(context, port, rerankService);

    await sendHttp1(`${url}/health`);
    await callUnary(health, "check", { service: "" });
    await callUnary(rerank, "health", {});
    await postRerank(url, { query: "q", documents: [] });
    await log.find(({ level }) => level === "info");

    const levels = log.lines.map(({ level, fields }) => [level, (fields as { path: string }).path]);
    assert.deepEqual(levels, [
      ["debug", "/health"],
      ["debug", "/grpc.health.v1.Health/Check"],
      ["debug", "/rerank.v1.RerankService/Health"],
      ["info", "/rerank"],
    ]);
  });

  test("has no query of a URL, which may hold a message", async (context) => {
    const running = await startServer(context);
    const message = encodeURIComponent(JSON.stringify({ query: "confidential" }));

    await sendHttp1(`${running.url}/info?message=${message}`);

    assert.equal((await lineOf(running)).path, "/info");
  });

  test("has the paths that are served, and of others nothing", async (context) => {
    const running = await startServer(context);

    await sendHttp1(`${running.url}/confidential`);
    await sendHttp1(`${running.url}/v1/models/confidential`);
    await running.log.find(({ fields }) => fields.path === "/v1/models/{id}");

    assert.equal((await lineOf(running)).path, "(unknown)");
    assert.doesNotMatch(JSON.stringify(running.log.lines), /confidential/);
  });

  test("has neither queries nor documents", async (context) => {
    const running = await startServer(context);
    const { log, port, url } = running;
    const body = { query: "confidential", documents: ["confidential"] };

    await postRerank(url, body);
    await postRerank(url, { ...body, top_n: "confidential" });
    await postRerank(url, { ...body, query: "confidential bug" });
    await callUnary(createForeignClient(context, port, rerankService), "rerank", body);
    await log.find(({ fields }) => "protocol" in fields && fields.protocol === "grpc");

    assert.doesNotMatch(JSON.stringify(log.lines), /confidential/);
  });
});
