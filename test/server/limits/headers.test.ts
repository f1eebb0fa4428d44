import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connectHttp2, connectRaw, sendHttp1, sendHttp2 } from "../http-client.ts";
import { assertAlive, startServer } from "../start-server.ts";

suite("the headers of a request", () => {
  test("may have so many bytes and no more, over either HTTP", async (context) => {
    const running = await startServer(context, { limits: { maxHeaderBytes: 4_096 } });
    const { url } = running;
    const small = { "x-padding": "a".repeat(3_000) };
    const large = { "x-padding": "a".repeat(6_000) };
    const session = connectHttp2(context, url);

    const overHttp1 = [
      await sendHttp1(`${url}/health`, { headers: small }),
      await sendHttp1(`${url}/health`, { headers: large }),
    ];
    const overHttp2 = await sendHttp2(session, "/health", { headers: small });
    const refused = sendHttp2(session, "/health", { headers: large });

    assert.deepEqual(
      overHttp1.map(({ status }) => status),
      [200, 431],
    );
    assert.equal(overHttp2.status, 200);
    await assert.rejects(refused, /ENHANCE_YOUR_CALM/);
    await assertAlive(running);
  });

  test("are refused by default from 16 KiB on", async (context) => {
    const { url } = await startServer(context);
    const headers = { "x-padding": "a".repeat(17_000) };

    assert.equal((await sendHttp1(`${url}/health`, { headers })).status, 431);
    const call = sendHttp2(connectHttp2(context, url), "/health", { headers });
    await assert.rejects(call, /ENHANCE_YOUR_CALM/);
  });

  test("may not be thousands", async (context) => {
    const running = await startServer(context);
    const names = Array.from({ length: 3_000 }, (_name, index) => `x-${index}`);
    const many = Object.fromEntries(names.slice(0, 500).map((name) => [name, ""]));
    const raw = await connectRaw(context, running.port);

    raw.socket.write(`GET /health HTTP/1.1\r\nhost: x\r\n${names.join(":\r\n")}:\r\n\r\n`);
    await raw.closed;
    const overHttp2 = sendHttp2(connectHttp2(context, running.url), "/health", { headers: many });

    assert.match(raw.received(), /^HTTP\/1\.1 431 /);
    await assert.rejects(overHttp2, /ENHANCE_YOUR_CALM/);
    await assertAlive(running);
  });

  test("may not come one byte at a time for ever", async (context) => {
    const running = await startServer(context, { limits: { headersTimeoutMs: 300 } });
    const raw = await connectRaw(context, running.port);
    let isClosed = false;
    void raw.closed.then(() => {
      isClosed = true;
    });

    raw.socket.write("GET /health HTTP/1.1\r\nx: ");
    for (let bytes = 0; !isClosed && bytes < 1_000; bytes += 1) {
      raw.socket.write("a");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }

    assert(isClosed);
    assert.match(raw.received(), /^HTTP\/1\.1 408 /);
    await assertAlive(running);
  });
});
