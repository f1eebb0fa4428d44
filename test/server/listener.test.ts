import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as https from "node:https";
import { suite, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { credentials } from "@grpc/grpc-js";
import { StartupError } from "../../src/errors.ts";
import { HealthState } from "../../src/server/health-state.ts";
import { defaultServerLimits } from "../../src/server/limits.ts";
import { createServer } from "../../src/server/server.ts";
import { createFakeReranker } from "../fakes/fake-reranker.ts";
import { createRecordingLogger } from "../fakes/recording-logger.ts";
import { connectHttp2, connectRaw, postRerank, sendHttp1, sendHttp2 } from "./http-client.ts";
import { callUnary, createForeignClient } from "./rpc/grpc-js-client.ts";
import { startServer } from "./start-server.ts";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** An empty SETTINGS frame, which every HTTP/2 connection begins with after the preface. */
const settingsFrame = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

const fixture = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url)));

suite("the one cleartext port", () => {
  test("serves HTTP/1.1 and HTTP/2", async (context) => {
    const { url } = await startServer(context);

    const overHttp1 = await sendHttp1(`${url}/health`);
    const overHttp2 = await sendHttp2(connectHttp2(context, url), "/health");

    assert.equal(overHttp1.status, 200);
    assert.equal(overHttp2.text, overHttp1.text);
  });

  test("tells HTTP/2 by a preface that comes one byte at a time", async (context) => {
    const { port } = await startServer(context);
    const raw = await connectRaw(context, port);
    const frames = new Promise<Buffer>((resolve) => raw.socket.once("data", resolve));

    for (const byte of Buffer.concat([Buffer.from(preface), settingsFrame])) {
      await new Promise((resolve) => raw.socket.write(Buffer.of(byte), resolve));
    }

    const settings = 4;
    assert.equal((await frames)[3], settings);
  });

  test("tells HTTP/1.1 by a request that comes one byte at a time", async (context) => {
    const { port } = await startServer(context);
    const raw = await connectRaw(context, port);

    // Begins like the preface.
    for (const byte of Buffer.from("PROPFIND /health HTTP/1.1\r\nhost: x\r\n\r\n")) {
      await new Promise((resolve) => raw.socket.write(Buffer.of(byte), resolve));
    }

    await raw.until("405 Method Not Allowed");
  });

  test("answers `Upgrade: h2c` over HTTP/1.1", async (context) => {
    const { url } = await startServer(context);

    const { status } = await sendHttp1(`${url}/health`, {
      headers: {
        connection: "Upgrade, HTTP2-Settings",
        upgrade: "h2c",
        "http2-settings": "AAMAAABkAAQAAP__",
      },
    });

    assert.equal(status, 200);
  });

  test("closes a connection that does not show its protocol in time", async (context) => {
    const { port, url } = await startServer(context, { limits: { undecidedTimeoutMs: 50 } });
    const silent = await connectRaw(context, port);
    const slow = await connectRaw(context, port);
    slow.socket.write(preface.slice(0, 5));

    await Promise.all([silent.closed, slow.closed]);

    assert.equal((await sendHttp1(`${url}/health`)).status, 200);
  });

  test("closes connections beyond the number that may be undecided", async (context) => {
    const { port, url } = await startServer(context, { limits: { maxUndecidedSockets: 2 } });
    const first = await connectRaw(context, port);
    const second = await connectRaw(context, port);

    const third = await connectRaw(context, port);
    await third.closed;
    first.socket.destroy();
    second.socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    await second.until("200 OK");

    assert.equal((await sendHttp1(`${url}/health`)).status, 200);
  });

  test("survives a connection that is reset while it is undecided", async (context) => {
    const { port, url } = await startServer(context);
    const raw = await connectRaw(context, port);
    raw.socket.write("PRI");

    raw.socket.resetAndDestroy();
    await raw.closed;

    assert.equal((await sendHttp1(`${url}/health`)).status, 200);
  });

  test("closes an HTTP/1.1 request whose headers do not end", async (context) => {
    const { port } = await startServer(context, { limits: { headersTimeoutMs: 50 } });
    const raw = await connectRaw(context, port);

    raw.socket.write("GET /health HTTP/1.1\r\nhost: x\r\n");
    await raw.closed;

    assert.match(raw.received(), /^HTTP\/1\.1 408 /);
  });

  test("closes an HTTP/2 connection without a stream, but not one with a Watch", async (context) => {
    const { port, url } = await startServer(context, { limits: { idleTimeoutMs: 50 } });
    const client = createForeignClient(context, port, "grpc.health.v1.Health");
    const watch = client.watch?.({ service: "" }) as NodeJS.ReadableStream;
    let ended = false;
    watch.on("error", () => {
      ended = true;
    });
    await new Promise((resolve) => watch.once("data", resolve));
    const idle = connectHttp2(context, url);

    await new Promise((resolve) => idle.once("close", resolve));

    assert.equal(ended, false);
    assert.equal((await callUnary(client, "check", { service: "" })).status, 1);
  });

  test("limits the streams of an HTTP/2 connection", async (context) => {
    const { url } = await startServer(context, { limits: { maxConcurrentStreams: 7 } });
    const session = connectHttp2(context, url);

    const settings = await new Promise<{
      maxConcurrentStreams?: number;
      initialWindowSize?: number;
    }>((resolve) => session.once("remoteSettings", resolve));

    assert.equal(settings.maxConcurrentStreams, 7);
    assert.equal(settings.initialWindowSize, 1024 * 1024);
  });
});

suite("the TLS port", () => {
  const cert = fixture("cert.pem");
  const key = fixture("key.pem");
  const tlsClient = { ca: cert, servername: "localhost" };

  test("serves HTTP/1.1, HTTP/2 and gRPC by ALPN", async (context) => {
    const { url, port } = await startServer(context, { tls: { cert, key } });
    const session = connectHttp2(context, url, tlsClient);
    const client = createForeignClient(
      context,
      port,
      "rerank.v1.RerankService",
      credentials.createSsl(cert),
    );

    const overHttp1 = await new Promise<number | undefined>((resolve, reject) => {
      https
        .get(`${url}/health`, { ...tlsClient, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on("error", reject);
    });
    const overHttp2 = await sendHttp2(session, "/health");
    const overGrpc = await callUnary(client, "rerank", { query: "q", documents: ["a"] });

    assert.equal(overHttp1, 200);
    assert.equal(overHttp2.status, 200);
    assert.equal(session.alpnProtocol, "h2");
    assert.equal(overGrpc.model, "fake-model");
  });

  test("survives cleartext, and closes a handshake that does not end", async (context) => {
    const limits = { undecidedTimeoutMs: 50, maxUndecidedSockets: 2 };
    const { url, port } = await startServer(context, { tls: { cert, key }, limits });
    const cleartext = await connectRaw(context, port);
    const silent = await connectRaw(context, port);

    cleartext.socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    await Promise.all([cleartext.closed, silent.closed]);

    const session = connectHttp2(context, url, tlsClient);
    assert.equal((await sendHttp2(session, "/health")).status, 200);
  });

  test("does not count connections whose handshake has ended as undecided", async (context) => {
    const limits = { maxUndecidedSockets: 1 };
    const { port } = await startServer(context, { tls: { cert, key }, limits });

    for (let opened = 0; opened < 3; opened += 1) {
      const socket = connectTls({
        ...tlsClient,
        port,
        host: "127.0.0.1",
        ALPNProtocols: ["http/1.1"],
      });
      context.after(() => socket.destroy());
      socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
      const [head] = await new Promise<Buffer[]>((resolve, reject) => {
        socket.once("data", (chunk) => resolve([chunk]));
        socket.once("error", reject);
      });
      assert.match(String(head), /^HTTP\/1\.1 200 /);
    }
  });

  test("refuses a broken certificate with a hint", () => {
    assert.throws(
      () => createUnstarted({ cert: Buffer.from("x"), key }),
      (error) => error instanceof StartupError && /PEM/.test(error.hint ?? ""),
    );
  });

  test("drains", async (context) => {
    const { url, server } = await startServer(context, { tls: { cert, key } });
    const session = connectHttp2(context, url, tlsClient);
    await sendHttp2(session, "/health");

    assert.deepEqual(await server.drain(5_000), { clean: true });
  });
});

suite("listen()", () => {
  test("returns the port that it was given", async (context) => {
    const server = createUnstarted();
    context.after(() => server.destroy());

    const { host, port } = await server.listen({ host: "127.0.0.1", port: 0 });

    assert.equal(host, "127.0.0.1");
    assert.ok(port > 0);
  });

  test("tells that the port is taken", async (context) => {
    const { port } = await startServer(context);

    await assert.rejects(
      createUnstarted().listen({ host: "127.0.0.1", port }),
      (error) =>
        error instanceof StartupError &&
        error.message === `the address 127.0.0.1:${port} is in use` &&
        /another port/.test(error.hint ?? ""),
    );
  });

  test("tells that the host is not its own, and that the port is none", async () => {
    const isHint = (pattern: RegExp) => (error: unknown) =>
      error instanceof StartupError && pattern.test(`${error.message} ${error.hint}`);

    // An address that RFC 5737 keeps for documentation, so no machine has it.
    await assert.rejects(
      createUnstarted().listen({ host: "192.0.2.1", port: 0 }),
      isHint(/no address of this machine .*127\.0\.0\.1/),
    );
    await assert.rejects(
      createUnstarted().listen({ host: "127.0.0.1", port: 70_000 }),
      isHint(/from 0 to 65535/),
    );
  });

  test("serves again on a port after the server before was destroyed", async (context) => {
    const { server, port, url } = await startServer(context);
    await postRerank(url, { query: "q", documents: [] });
    server.destroy();
    const next = createUnstarted();
    context.after(() => next.destroy());

    await next.listen({ host: "127.0.0.1", port });

    assert.equal((await sendHttp1(`${url}/health`)).status, 503);
  });
});

function createUnstarted(tls?: { readonly cert: Buffer; readonly key: Buffer }) {
  const health = new HealthState({
    status: "starting",
    model: "m",
    device: "",
    dtype: "int8",
    maxLength: 512,
    version: "0.0.0",
    reason: "",
  });
  return createServer({
    reranker: createFakeReranker(),
    health,
    log: createRecordingLogger(),
    limits: defaultServerLimits,
    tls,
  });
}
