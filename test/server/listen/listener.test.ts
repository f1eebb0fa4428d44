import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connectHttp2, connectRaw, sendHttp1, sendHttp2 } from "../http-client.ts";
import { callUnary, createForeignClient } from "../rpc/grpc-js-client.ts";
import { startServer } from "../start-server.ts";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** An empty SETTINGS frame, which every HTTP/2 connection begins with after the preface. */
const settingsFrame = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

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
    const { port, url } = await startServer(context, { limits: { undecidedTimeoutMs: 500 } });
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
    const { port, url } = await startServer(context, { limits: { idleTimeoutMs: 500 } });
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
