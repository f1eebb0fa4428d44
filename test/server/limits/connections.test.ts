import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { createCountLog } from "../../../src/server/count-log.ts";
import { createTokenBucket } from "../../../src/server/token-bucket.ts";
import { createRecordingLogger } from "../../fakes/recording-logger.ts";
import { connectRaw } from "../http-client.ts";
import { startServer } from "../start-server.ts";

const fixture = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../../../test/fixtures/tls/${name}`, import.meta.url)));

const health = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";

suite("the number of connections", () => {
  test("has a limit, beyond which they are closed at once and counted", async (context) => {
    const { port, log } = await startServer(context, { limits: { maxConnections: 2 } });
    const first = await connectRaw(context, port);
    const second = await connectRaw(context, port);
    first.socket.write(health);
    second.socket.write(health);
    await Promise.all([first.until('"ok"'), second.until('"ok"')]);

    const third = await connectRaw(context, port);
    await third.closed;
    const { level, fields } = await log.find(({ message }) => /refused/.test(message));
    first.socket.destroy();

    assert.deepEqual([level, fields.refused], ["warn", { connections: 1 }]);
    assert.equal(third.received(), "");
    // The server hears of the end a moment later than the client.
    let answered = false;
    for (let tries = 0; !answered && tries < 1_000; tries += 1) {
      const next = await connectRaw(context, port);
      next.socket.write(health);
      answered = await next.until('"ok"').then(
        () => true,
        () => false,
      );
    }
    assert(answered);
  });

  test("has a limit with TLS, too", async (context) => {
    const tls = { cert: fixture("cert.pem"), key: fixture("key.pem") };
    const { port, log } = await startServer(context, { tls, limits: { maxConnections: 1 } });
    const first = connectTls({ port, host: "127.0.0.1", ca: tls.cert, servername: "localhost" });
    context.after(() => first.destroy());
    await new Promise((resolve) => first.once("secureConnect", resolve));

    const second = await connectRaw(context, port);
    await second.closed;

    const { fields } = await log.find(({ message }) => /refused/.test(message));
    assert.deepEqual(fields.refused, { connections: 1 });
  });
});

suite("createCountLog()", () => {
  test("logs the first at once, and the others once a second", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const log = createRecordingLogger();
    const refused = createCountLog(log, { field: "refused", message: "connections were refused" });
    const counts = () => log.lines.map(({ fields }) => fields.refused);

    refused("connections");
    for (let index = 0; index < 50; index += 1) refused("connections");
    refused("pings");
    assert.deepEqual(counts(), [{ connections: 1 }]);
    context.mock.timers.tick(1_000);
    assert.deepEqual(counts().slice(1), [{ connections: 50, pings: 1 }]);
    refused("pings");
    context.mock.timers.tick(1_000);
    context.mock.timers.tick(1_000);
    refused("settings");

    assert.deepEqual(counts().slice(2), [{ pings: 1 }, { settings: 1 }]);
  });
});

suite("createTokenBucket()", () => {
  test("lets a burst pass, and then as many as the rate", () => {
    let nowMs = 0;
    const passes = createTokenBucket({ burst: 3, perSecond: 2 }, () => nowMs);
    const passed = (tries: number) =>
      Array.from({ length: tries }, () => passes()).filter(Boolean).length;

    assert.equal(passed(3), 3);
    nowMs = 1_000;
    assert.equal(passed(2), 2);
    nowMs = 60_000;
    assert.equal(passed(10), 3);
  });
});
