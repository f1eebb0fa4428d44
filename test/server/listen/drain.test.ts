import assert from "node:assert/strict";
import { Agent } from "node:http";
import { suite, test } from "node:test";
import { status as Status } from "@grpc/grpc-js";
import { connectHttp2, connectRaw, postRerank, sendHttp1, sendHttp2 } from "../http-client.ts";
import {
  callUnary,
  collectStream,
  createForeignClient,
  hasStatus,
  openStream,
} from "../rpc/grpc-js-client.ts";
import { startServer } from "../start-server.ts";

const rerankService = "rerank.v1.RerankService";

/** Longer than any of these tests may take, so a drain that waits for it fails by its `clean`. */
const graceMs = 20_000;

/** NOT_SERVING in the .proto. */
const notServing = 2;

const held = { query: "hold", documents: ["a"] };
const json = { "content-type": "application/json" };

suite("drain()", () => {
  test("ends at once without connections", async (context) => {
    const { server, health } = await startServer(context);

    assert.deepEqual(await server.drain(graceMs), { clean: true });
    assert.equal(health.report.status, "draining");
  });

  test("closes idle and undecided connections", async (context) => {
    const { server, port, url } = await startServer(context);
    const agent = new Agent({ keepAlive: true });
    context.after(() => agent.destroy());
    await sendHttp1(`${url}/health`, { agent });
    const undecided = await connectRaw(context, port);
    await sendHttp2(connectHttp2(context, url), "/health");
    const client = createForeignClient(context, port, rerankService);
    await callUnary(client, "rerank", { query: "q", documents: [] });

    assert.deepEqual(await server.drain(graceMs), { clean: true });
    await undecided.closed;
  });

  test("answers every call in flight, over every protocol", async (context) => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): number => warnings.push(warning);
    process.on("warning", onWarning);
    context.after(() => process.off("warning", onWarning));
    const { server, reranker, port, url } = await startServer(context);
    const agent = new Agent({ keepAlive: true });
    context.after(() => agent.destroy());
    const client = createForeignClient(context, port, rerankService);
    const session = connectHttp2(context, url);
    const body = JSON.stringify(held);
    const perProtocol = 20;
    const http1 = [];
    const http2 = [];
    const grpc = [];
    for (let sent = 0; sent < perProtocol; sent += 1) {
      http1.push(sendHttp1(`${url}/rerank`, { agent, headers: json, body }));
      http2.push(sendHttp2(session, "/rerank", { headers: json, body }));
      grpc.push(callUnary(client, "rerank", held));
    }
    await reranker.until(() => reranker.held.length === 3 * perProtocol);

    const drained = server.drain(graceMs);
    reranker.releaseAll();

    for (const answer of await Promise.all([...http1, ...http2])) assert.equal(answer.status, 200);
    for (const answer of await Promise.all(grpc)) assert.equal(answer.model, "fake-model");
    assert.deepEqual(await drained, { clean: true });
    // Node warns of what looks like a leak of listeners.
    assert.deepEqual(warnings, []);
  });

  test("loses no call under load", async (context) => {
    const { server, reranker, port } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    let answered = 0;
    const worker = async (): Promise<void> => {
      // Until the first failure: a client stops there, or goes to another server.
      while (answered < 100_000) {
        await callUnary(client, "rerank", { query: "q", documents: ["a"] });
        answered += 1;
      }
    };
    const workers = Array.from({ length: 8 }, () =>
      assert.rejects(worker(), hasStatus(Status.UNAVAILABLE)),
    );
    await reranker.until(() => reranker.requests.length > 100);

    const drained = await server.drain(graceMs);
    await Promise.all(workers);

    assert.equal(drained.clean, true);
    // Whatever the server began, it answered; what it did not begin, it refused.
    assert.equal(answered, reranker.requests.length);
  });

  test("answers probes on new connections, over every protocol, until what ran is answered", async (context) => {
    const { server, reranker, port, url } = await startServer(context);
    const inFlight = postRerank(url, held);
    await reranker.until(() => reranker.held.length === 1);

    const drained = server.drain(graceMs);
    // Longer than idle connections are left open.
    for (const waitMs of [0, 1_200]) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      const plain = await sendHttp1(`${url}/health`);
      const overHttp2 = await sendHttp2(connectHttp2(context, url), "/health");
      for (const { status, text } of [plain, overHttp2]) {
        assert.equal(status, 503);
        assert.equal(JSON.parse(text).status, "draining");
      }
      const health = createForeignClient(context, port, "grpc.health.v1.Health");
      const { status } = await callUnary(health, "check", { service: rerankService });
      assert.equal(status, notServing);
      const own = createForeignClient(context, port, rerankService);
      assert.equal((await callUnary(own, "health", {})).status, "draining");
    }
    reranker.releaseAll();

    assert.equal((await inFlight).status, 200);
    assert.deepEqual(await drained, { clean: true });
    await assert.rejects(sendHttp1(`${url}/health`), { code: "ECONNREFUSED" });
  });

  test("answers calls that come late on new connections, which do not keep it from its end", async (context) => {
    const { server, reranker, url } = await startServer(context);
    const inFlight = postRerank(url, held);
    await reranker.until(() => reranker.held.length === 1);

    const drained = server.drain(graceMs);
    let late = 0;
    const callAgain = async (): Promise<void> => {
      for (;;) {
        const { status } = await postRerank(url, { query: "q", documents: ["a"] });
        assert.equal(status, 200);
        late += 1;
        if (late === 3) reranker.releaseAll();
      }
    };
    // The kernel may have taken a connection that the server had not when it closed the port.
    await assert.rejects(callAgain(), { code: /^ECONN(REFUSED|RESET)$/ });

    assert.ok(late >= 3);
    assert.equal((await inFlight).status, 200);
    assert.deepEqual(await drained, { clean: true });
  });

  test("takes nothing new in the last part of the grace, and asks clients to leave", async (context) => {
    const { server, reranker, url } = await startServer(context);
    const agent = new Agent({ keepAlive: true });
    context.after(() => agent.destroy());
    const body = JSON.stringify(held);
    const inFlight = sendHttp1(`${url}/rerank`, { agent, headers: json, body });
    await reranker.until(() => reranker.held.length === 1);

    const drained = server.drain(600);
    await new Promise((resolve) => setTimeout(resolve, 450));

    await assert.rejects(sendHttp1(`${url}/health`), { code: "ECONNREFUSED" });
    reranker.releaseAll();
    const { status, headers } = await inFlight;
    assert.deepEqual([status, headers.connection], [200, "close"]);
    assert.deepEqual(await drained, { clean: true });
  });

  test("answers a request that was half sent when it began", async (context) => {
    const { server, port } = await startServer(context);
    const raw = await connectRaw(context, port);
    raw.socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\nGET /health HTTP/1.1\r\nhost: ");
    await raw.until("200 OK");

    const drained = server.drain(graceMs);
    raw.socket.write("x\r\n\r\n");
    await raw.closed;

    assert.match(raw.received(), /HTTP\/1\.1 503 [\s\S]*"status":"draining"/i);
    assert.deepEqual(await drained, { clean: true });
  });

  test("answers what is in flight on a stream and then ends it with UNAVAILABLE", async (context) => {
    const { server, reranker, port } = await startServer(context);
    const stream = openStream(createForeignClient(context, port, rerankService), "rerankStream");
    const ended = collectStream(stream);
    for (const id of ["a", "b", "c"]) stream.write({ id, request: held });
    await reranker.until(() => reranker.held.length === 3);

    const drained = server.drain(graceMs);
    reranker.releaseAll();

    const { messages, error } = await ended;
    assert.equal(messages.filter(({ response }) => response).length, 3);
    assert.equal(error?.code, Status.UNAVAILABLE);
    assert.deepEqual(await drained, { clean: true });
  });

  test("ends a stream that the client has half-closed with OK", async (context) => {
    const { server, reranker, port } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const stream = openStream(client, "rerankStream");
    const ended = collectStream(stream);
    stream.write({ id: "a", request: held });
    stream.write({ id: "b", request: { query: "q", documents: [] } });
    stream.end();
    await reranker.until(() => reranker.held.length === 1);
    // Round trips on the same connection, after which the half-close has arrived, too.
    await callUnary(client, "health", {});
    await callUnary(client, "health", {});

    const drained = server.drain(graceMs);
    reranker.releaseAll();

    const { messages, error } = await ended;
    assert.equal(messages.length, 2);
    assert.equal(error, undefined);
    assert.deepEqual(await drained, { clean: true });
  });

  test("ends what is left after the grace with UNAVAILABLE, and says so", async (context) => {
    const { server, reranker, port, url } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const stream = openStream(client, "rerankStream");
    const ended = collectStream(stream);
    stream.write({ id: "a", request: held });
    const unary = assert.rejects(callUnary(client, "rerank", held), hasStatus(Status.UNAVAILABLE));
    const plain = postRerank(url, held);
    await reranker.until(() => reranker.held.length === 3);

    const drained = await server.drain(50);

    assert.deepEqual(drained, { clean: false });
    await unary;
    assert.equal((await ended).error?.code, Status.UNAVAILABLE);
    assert.equal((await plain).status, 503);
    assert.deepEqual(reranker.aborted, ["unavailable", "unavailable", "unavailable"]);
  });

  test("ends even if a call ignores that it was aborted", async (context) => {
    const { server, reranker, url } = await startServer(context);
    reranker.rerank = () => new Promise(() => undefined);
    const plain = postRerank(url, held).catch((error: unknown) => error);
    const asked = new Promise<void>((resolve) => {
      reranker.rerank = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    await asked;

    assert.deepEqual(await server.drain(20), { clean: false });
    assert.ok((await plain) instanceof Error);
  });

  test("answers what a kept-alive connection sends while the drain begins", async (context) => {
    const { server, url } = await startServer(context);
    const agent = new Agent({ keepAlive: true });
    context.after(() => agent.destroy());
    await sendHttp1(`${url}/health`, { agent });

    const drained = server.drain(graceMs);
    const late = await sendHttp1(`${url}/rerank`, {
      agent,
      headers: json,
      body: JSON.stringify({ query: "q", documents: ["a"] }),
    });

    assert.equal(late.status, 200);
    assert.deepEqual(await drained, { clean: true });
  });

  test("answers a connection that was accepted but had sent nothing", async (context) => {
    const { server, port, url } = await startServer(context);
    const raw = await connectRaw(context, port);
    // A round trip on another connection, before which this one was accepted.
    await sendHttp1(`${url}/health`);

    const drained = server.drain(graceMs);
    raw.socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    await raw.closed;

    assert.match(raw.received(), /HTTP\/1\.1 503 [\s\S]*"status":"draining"/i);
    assert.deepEqual(await drained, { clean: true });
  });

  test("joins the drain that is already going on", async (context) => {
    const { server } = await startServer(context);

    const first = server.drain(graceMs);

    assert.equal(server.drain(0), first);
    await first;
  });
});

suite("destroy()", () => {
  test("closes everything at once and tells the reranker", async (context) => {
    const { server, reranker, url } = await startServer(context);
    const plain = postRerank(url, held).catch((error: unknown) => error);
    await reranker.until(() => reranker.held.length === 1);

    server.destroy();

    await plain;
    await reranker.until(() => reranker.aborted.length === 1);
    await assert.rejects(sendHttp1(`${url}/health`), { code: "ECONNREFUSED" });
  });
});
