import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import * as https from "node:https";
import { connect as connectTcp } from "node:net";
import { Duplex } from "node:stream";
import { suite, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { credentials } from "@grpc/grpc-js";
import { StartupError } from "../../../src/errors.ts";
import { connectHttp2, connectRaw, sendHttp2 } from "../http-client.ts";
import { callUnary, createForeignClient } from "../rpc/grpc-js-client.ts";
import { createIdleServer, startServer } from "../start-server.ts";

const fixture = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../../test/fixtures/tls/${name}`, import.meta.url)));

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
    const limits = { undecidedTimeoutMs: 500, maxUndecidedSockets: 2 };
    const { url, port } = await startServer(context, { tls: { cert, key }, limits });
    const cleartext = await connectRaw(context, port);
    const silent = await connectRaw(context, port);

    cleartext.socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
    await Promise.all([cleartext.closed, silent.closed]);

    const session = connectHttp2(context, url, tlsClient);
    assert.equal((await sendHttp2(session, "/health")).status, 200);
  });

  test("closes connections beyond the number that may be undecided", async (context) => {
    const limits = { maxUndecidedSockets: 1 };
    const { url, port } = await startServer(context, { tls: { cert, key }, limits });
    const first = await connectRaw(context, port);

    const second = await connectRaw(context, port);
    await second.closed;
    first.socket.destroy();
    await first.closed;

    // The server hears of the end a moment later than the client.
    let status = 0;
    for (let tries = 0; status === 0 && tries < 1_000; tries += 1) {
      const session = connectHttp2(context, url, tlsClient);
      const answer = await sendHttp2(session, "/health").catch(() => undefined);
      status = answer?.status ?? 0;
    }
    assert.equal(status, 200);
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

  test("keeps a request whose records come in one packet behind an answer that is not read yet", async (context) => {
    const { port } = await startServer(context, { tls: { cert, key } });
    const tcp = connectTcp(port, "127.0.0.1");
    context.after(() => tcp.destroy());
    // Sends what is written while it is held as one packet.
    let held: Buffer[] | undefined;
    const joined = new Duplex({
      read: () => tcp.resume(),
      write(chunk: Buffer, _encoding, done) {
        if (held === undefined) tcp.write(chunk);
        else held.push(chunk);
        done();
      },
    });
    tcp.on("data", (chunk) => {
      if (!joined.push(chunk)) tcp.pause();
    });
    const socket = connectTls({ ...tlsClient, socket: joined });
    await once(socket, "secureConnect");
    const large = JSON.stringify({
      query: "q",
      documents: new Array<string>(20).fill("x".repeat(1_000_000)),
      return_documents: true,
    });
    const small = JSON.stringify({ query: "q", documents: ["a"] });
    const head = (body: string): string =>
      `POST /rerank HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;

    socket.pause();
    socket.write(head(large) + large);
    while (!tcp.isPaused()) await setImmediate();
    held = [];
    socket.write(head(small));
    socket.write(small);
    while (held.length < 2) await setImmediate();
    tcp.write(Buffer.concat(held));

    const statuses: string[] = [];
    for await (const chunk of socket.setEncoding("latin1")) {
      statuses.push(...(chunk.match(/HTTP\/1\.1 \d+/g) ?? []));
      if (statuses.length === 2) break;
    }
    assert.deepEqual(statuses, ["HTTP/1.1 200", "HTTP/1.1 200"]);
  });

  test("refuses a broken certificate with a hint", () => {
    assert.throws(
      () => createIdleServer({ cert: Buffer.from("x"), key }),
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
