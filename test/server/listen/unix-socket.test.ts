import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { connectClient, transportNames } from "../../../client/test/connect-client.ts";
import { StartupError } from "../../../src/errors.ts";
import { checkUnixSocketPath } from "../../../src/server/listen/unix-socket.ts";
import { runProgram } from "../../run-program.ts";
import { createIdleServer, startServer } from "../start-server.ts";

/** Returns a path in a folder of its own, which is removed with the test. */
function socketPath(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "rerankd-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "rerankd.sock");
}

const isStartupError = (pattern: RegExp) => (error: unknown) =>
  error instanceof StartupError && pattern.test(`${error.message} ${error.hint}`);

suite("a Unix socket", { skip: process.platform === "win32" && "Windows has none" }, () => {
  test("serves HTTP/1.1 to its user and group, and is removed at the end", async (context) => {
    const path = socketPath(context);
    const { server } = await startServer(context, { path });

    const status = await new Promise((resolve, reject) => {
      http
        .get({ socketPath: path, path: "/health", agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .on("error", reject);
    });
    const mode = statSync(path).mode & 0o777;
    await server.drain(5_000);

    assert.equal(status, 200);
    assert.equal(mode, 0o660);
    assert.equal(existsSync(path), false);
  });

  for (const transport of transportNames) {
    test(`serves the client library over ${transport}, several clients at once`, async (context) => {
      const path = socketPath(context);
      await startServer(context, { path, apiKeys: ["a-key"], limits: { maxUndecidedSockets: 2 } });
      const options = { url: `unix:${path}`, transport, apiKey: "a-key" };
      const clients = [1, 2, 3].map(() => connectClient(context, options));

      for (const client of clients) {
        const { model } = await client.rerank({ query: "q", documents: ["a"] });
        assert.equal(model, "fake-model");
      }
    });
  }

  test("is where `rerankd health` and `rank` ask", async (context) => {
    const path = socketPath(context);
    await startServer(context, { path });

    const named = await runProgram(["health", `--unix-socket=${path}`]);
    const fromEnv = await runProgram(["health"], { env: { RERANKER_UNIX_SOCKET: path } });
    const ranked = await runProgram(["rank", "-q", "q", `--url=unix:${path}`, "-"], {
      stdin: "one\ntwo\n",
    });

    assert.deepEqual([named.code, fromEnv.code, ranked.code], [0, 0, 0]);
    assert.equal(JSON.parse(named.stdout).status, "ok");
  });

  test("takes the place of one whose program is gone", async (context) => {
    const path = socketPath(context);
    const gone = net.createServer().listen(path);
    await once(gone, "listening");
    // What a program leaves that was killed: the socket under another name stays when it is closed.
    const kept = `${path}.kept`;
    linkSync(path, kept);
    gone.close();
    await once(gone, "close");

    const { server } = await startServer(context, { path: kept });

    await server.drain(5_000);
    assert.equal(existsSync(kept), false);
  });

  test("is not taken from a program that listens, nor put in place of a file", async (context) => {
    const path = socketPath(context);
    await startServer(context, { path });
    const file = `${path}.txt`;
    writeFileSync(file, "kept");

    await assert.rejects(createIdleServer().listen({ path }), isStartupError(/in use.*stop the/));
    await assert.rejects(createIdleServer().listen({ path: file }), isStartupError(/no socket/));
    assert(existsSync(file));
    assert(statSync(path).isSocket());
  });

  test("needs a folder, and a path that is short enough", async (context) => {
    const path = socketPath(context);

    const nowhere = createIdleServer().listen({ path: join(path, "nowhere") });
    await assert.rejects(nowhere, isStartupError(/cannot make .*folder/));
    const long = createIdleServer().listen({ path: `${path}${"x".repeat(100)}` });
    await assert.rejects(long, isStartupError(/too long.*at most 10[37] bytes/));
  });

  test("that cannot be is refused before the model is looked for", async (context) => {
    const path = `${socketPath(context)}${"x".repeat(100)}`;
    const args = ["serve", `--unix-socket=${path}`, "--model-id=./no-such-model"];

    const { code, stderr } = await runProgram(args);

    assert.equal(code, 1);
    assert.match(stderr, /the path of the Unix socket is too long/);
  });
});

suite("checkUnixSocketPath()", () => {
  for (const [platform, maxBytes] of [
    ["linux", 107],
    ["darwin", 103],
    ["freebsd", 103],
  ] as const) {
    test(`takes a path of ${maxBytes} bytes and no longer one on ${platform}`, () => {
      // Korean takes three bytes a character.
      const longest = `/가${"x".repeat(maxBytes - 4)}`;
      const tooLong = new RegExp(`too long.*at most ${maxBytes} bytes, not ${maxBytes + 1}`);

      checkUnixSocketPath(longest, platform);
      assert.throws(() => checkUnixSocketPath(`${longest}x`, platform), isStartupError(tooLong));
    });
  }

  test("refuses every path on Windows, and names the way that works", () => {
    const refused = isStartupError(/`C:\\rerankd.sock` on Windows.*`--unix-socket`.*`--port`/);

    assert.throws(() => checkUnixSocketPath("C:\\rerankd.sock", "win32"), refused);
  });
});
