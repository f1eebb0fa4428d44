import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, test } from "node:test";
import { connectHttp2, connectRaw } from "../http-client.ts";
import { assertAlive, startServer } from "../start-server.ts";

/** More than a system keeps for a client that does not read: 24 MB. */
const documents = Array(24).fill("a".repeat(1_000_000));

const body = JSON.stringify({ query: "q", documents, return_documents: true });

const requestTimeoutMs = 2_000;

suite("an answer that its client does not read", () => {
  test("is given up over HTTP/1.1", async (context) => {
    const running = await startServer(context, { limits: { requestTimeoutMs } });
    const { socket, closed } = await connectRaw(context, running.port);
    socket.pause();

    socket.write(`POST /rerank HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`);
    socket.write(body);
    const { fields } = await running.log.find(({ fields: { path } }) => path === "/rerank");

    assert.equal(fields.code, "cancelled");
    socket.resume();
    await closed;
    await assertAlive(running);
  });

  test("is given up over HTTP/2, and its connection goes on", async (context) => {
    const running = await startServer(context, { limits: { requestTimeoutMs } });
    const session = connectHttp2(context, running.url, { maxSessionMemory: 200 });
    const stream = session.request({ ":method": "POST", ":path": "/rerank" });
    stream.on("error", () => undefined);
    stream.end(body);
    await once(stream, "response");

    const { fields } = await running.log.find(({ fields: { path } }) => path === "/rerank");

    assert.equal(fields.code, "cancelled");
    assert.equal(session.destroyed, false);
    await assertAlive(running);
  });
});
