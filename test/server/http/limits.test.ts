import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connectHttp2, connectRaw, sendHttp1, sendHttp2 } from "../http-client.ts";
import { assertAlive, startServer } from "../start-server.ts";

const oneMiB = 1024 * 1024;

suite("the limits of a request", () => {
  test("refuses a document of 50 MB before it is read", async (context) => {
    const running = await startServer(context);
    const body = JSON.stringify({ query: "q", documents: ["a".repeat(50 * oneMiB)] });
    const headers = { "content-type": "application/json", "content-length": body.length };
    // In megabytes: the client, too, refuses to hold more than ten.
    const session = connectHttp2(context, running.url, { maxSessionMemory: 200 });

    const overHttp1 = await sendHttp1(`${running.url}/rerank`, { headers, body });
    const overHttp2 = await sendHttp2(session, "/rerank", { headers, body });

    for (const { status, text } of [overHttp1, overHttp2]) {
      assert.equal(status, 413);
      assert.match(text, /at most 33554432 bytes/);
    }
    assert.equal(running.reranker.requests.length, 0);
    await assertAlive(running);
  });

  test("takes requests on a connection whose client does not read a large answer", async (context) => {
    const { url, reranker } = await startServer(context);
    const session = connectHttp2(context, url, { maxSessionMemory: 200 });
    const request = { query: "q", documents: ["a".repeat(30 * oneMiB)], return_documents: true };
    const unread = session.request({ ":method": "POST", ":path": "/rerank" });
    unread.end(JSON.stringify(request));
    await new Promise((resolve) => unread.once("response", resolve));

    const answer = await sendHttp2(session, "/health");

    assert.equal(answer.status, 200);
    assert.equal(reranker.requests.length, 1);
  });

  test("refuses a body without a length as soon as it is too large", async (context) => {
    const running = await startServer(context, { limits: { maxBodyBytes: oneMiB } });
    const body = Buffer.alloc(4 * oneMiB, "a");

    const overHttp1 = await sendHttp1(`${running.url}/rerank`, {
      headers: { "transfer-encoding": "chunked", "content-type": "application/json" },
      body,
    });
    const overHttp2 = await sendHttp2(connectHttp2(context, running.url), "/rerank", {
      headers: { "content-type": "application/json" },
      body,
    });

    assert.equal(overHttp1.status, 413);
    assert.equal(overHttp2.status, 413);
    await assertAlive(running);
  });

  test("refuses a body that is too large before the client sends it", async (context) => {
    const running = await startServer(context, { limits: { maxBodyBytes: 1_000 } });
    const raw = await connectRaw(context, running.port);

    raw.socket.write(
      "POST /rerank HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\nexpect: 100-continue\r\n\r\n",
    );
    await raw.closed;

    assert.match(raw.received(), /^HTTP\/1\.1 413 /);
    assert.match(raw.received(), /connection: close/i);
    await assertAlive(running);
  });

  test("gives up on half a request that is followed by silence", async (context) => {
    const running = await startServer(context, { limits: { requestTimeoutMs: 500 } });
    const raw = await connectRaw(context, running.port);

    raw.socket.write("POST /rerank HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{");
    await raw.closed;

    assert.match(raw.received(), /^HTTP\/1\.1 408 /);
    assert.match(raw.received(), /did not arrive in time/);
    await assertAlive(running);
  });

  test("gives up on half a request over HTTP/2, too", async (context) => {
    const running = await startServer(context, { limits: { requestTimeoutMs: 500 } });
    const session = connectHttp2(context, running.url);
    const stream = session.request({ ":method": "POST", ":path": "/rerank" });
    let status: number | undefined;
    stream.on("response", (headers) => {
      status = headers[":status"];
    });
    stream.on("error", () => undefined);
    stream.resume();

    stream.write("{");
    await new Promise((resolve) => stream.once("close", resolve));

    assert.equal(status, 408);
    await assertAlive(running);
  });

  test("survives a client that goes away in the middle of a request", async (context) => {
    const running = await startServer(context);
    const raw = await connectRaw(context, running.port);
    raw.socket.write("POST /rerank HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{");
    await assertAlive(running);

    raw.socket.destroy();

    const { fields: line } = await running.log.find(({ fields }) => fields.code === "cancelled");
    assert.equal(line.path, "/rerank");
    await assertAlive(running);
  });

  test("answers what is no HTTP at all", async (context) => {
    const running = await startServer(context);
    const raw = await connectRaw(context, running.port);

    raw.socket.write("\x16\x03\x01 what\r\n\r\n");
    await raw.closed;

    assert.match(raw.received(), /^HTTP\/1\.1 400 /);
    await assertAlive(running);
  });
});
