import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { suite, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findFreePort } from "../../bench/process/child-server.ts";
import { runProgram } from "../run-program.ts";
import { startServer } from "../server/start-server.ts";
import { startServerProcess } from "../server-process.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url));

const certPath = fixture("cert.pem");
const keyPath = fixture("key.pem");
const tls = { cert: readFileSync(certPath), key: readFileSync(keyPath) };

/** The server's own variables. */
const ownTls = { RERANKER_TLS_CERT: certPath, RERANKER_TLS_KEY: keyPath };

const statusOf = (stdout: string): string => JSON.parse(stdout).status;

suite("rerankd health", () => {
  test("prints JSON into a pipe and a line on a terminal, and ends with 0, for `ok`", async (context) => {
    const { url, port } = await startServer(context);
    const env = { RERANKER_PORT: String(port) };

    const piped = await runProgram(["health", `--url=${url}`]);
    const shown = await runProgram(["health"], { env, columns: 80 });
    const asked = await runProgram(["health", "--json"], { env, columns: 80 });

    assert.deepEqual([piped.code, shown.code, asked.code], [0, 0, 0]);
    const answer = await fetch(`${url}/health`);
    assert.equal(piped.stdout, await answer.text());
    assert.equal(JSON.parse(piped.stdout).activation, "sigmoid");
    assert.equal(asked.stdout, piped.stdout);
    assert.equal(shown.stdout, "ok: fake-model (on cpu, int8, 512 tokens), rerankd 0.0.0\n");
    assert.equal(piped.stderr + shown.stderr, "");
  });

  for (const status of ["starting", "restarting", "draining"] as const) {
    test(`ends with 1 and the reason for \`${status}\``, async (context) => {
      const { url, health } = await startServer(context);
      health.update({ status, reason: "not now" });

      const args = ["health", `--url=${url}`, "--timeout-ms=300"];
      const piped = await runProgram(args);
      const shown = await runProgram(args, { columns: 80 });

      assert.deepEqual([piped.code, shown.code], [1, 1]);
      const report = JSON.parse(piped.stdout);
      assert.deepEqual([report.status, report.reason], [status, "not now"]);
      assert.match(shown.stdout, new RegExp(`^${status}: fake-model .*: not now\\n$`));
    });
  }

  test("waits for a server that is starting", async (context) => {
    const { url, health } = await startServer(context);
    health.update({ status: "starting", reason: "the model is loading" });

    const asked = runProgram(["health", `--url=${url}`, "--timeout-ms=60000"]);
    await setTimeout(300);
    health.update({ status: "ok", reason: "" });

    const { code, stdout } = await asked;
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).status, "ok");
  });

  test("ends with 0 and the reason for `degraded`", async (context) => {
    const { url, health } = await startServer(context);
    health.update({ status: "degraded", reason: "documents run on the cpu" });

    const { code, stdout } = await runProgram(["health", `--url=${url}`]);

    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).reason, "documents run on the cpu");
  });

  test("ends with 1 where nobody listens", async () => {
    const { code, stdout } = await runProgram([
      "health",
      `--url=http://127.0.0.1:${await findFreePort()}`,
    ]);

    assert.equal(code, 1);
    assert.equal(JSON.parse(stdout).status, "unreachable");
    assert.match(JSON.parse(stdout).reason, /^unavailable: /);
  });

  test("ends with 1 in time where somebody listens and says nothing", async (context) => {
    const holder = createServer().listen(0, "127.0.0.1");
    context.after(() => holder.close());
    holder.on("connection", (socket) => {
      socket.on("error", () => {});
      context.after(() => socket.destroy());
    });
    await once(holder, "listening");
    const address = holder.address();
    assert(address !== null && typeof address === "object");

    const { code, stdout } = await runProgram(
      ["health", `--url=http://127.0.0.1:${address.port}`, "--timeout-ms=100"],
      { columns: 80 },
    );

    assert.equal(code, 1);
    assert.match(stdout, /^unreachable: http:\/\/127\.0\.0\.1:\d+ \(deadline_exceeded: /);
  });
});

suite("rerankd health over TLS", () => {
  test("asks the server of this machine by the server's own settings", async (context) => {
    const { port } = await startServer(context, { tls });
    const env = { ...ownTls, RERANKER_PORT: String(port) };
    const flags = [`--tls-cert=${certPath}`, `--tls-key=${keyPath}`, `--port=${port}`];

    for (const run of [runProgram(["health"], { env }), runProgram(["health", ...flags])]) {
      const { code, stdout } = await run;
      assert.deepEqual([code, statusOf(stdout)], [0, "ok"]);
    }
    const cleartext = await runProgram(["health", `--port=${port}`]);
    assert.equal(cleartext.code, 1);
  });

  test("does not ask a certificate for the name of loopback", async (context) => {
    const { port } = await startServer(context, { tls });
    const env = { ...ownTls, RERANKER_HOST: "127.0.0.2", RERANKER_PORT: String(port) };

    const { stdout } = await runProgram(["health"], { env });

    // Nobody listens there; the address was asked all the same.
    assert.match(JSON.parse(stdout).reason, /ECONNREFUSED 127\.0\.0\.2/);
  });

  test("shows the server's own certificate where it asks for one", async (context) => {
    const { port } = await startServer(context, { tls: { ...tls, clientCa: tls.cert } });
    const env = { ...ownTls, RERANKER_PORT: String(port) };

    const known = await runProgram(["health"], {
      env: { ...env, RERANKER_TLS_CLIENT_CA: certPath },
    });
    const unknown = await runProgram(["health"], { env });
    const other = await runProgram(["health"], {
      env: { ...env, RERANKER_TLS_CLIENT_CERT: certPath, RERANKER_TLS_CLIENT_KEY: keyPath },
    });

    assert.deepEqual([known.code, unknown.code, other.code], [0, 1, 0]);
    const stranger = {
      RERANKER_TLS_CERT: fixture("other-cert.pem"),
      RERANKER_TLS_KEY: fixture("other-key.pem"),
      RERANKER_TLS_CLIENT_CA: certPath,
      RERANKER_PORT: String(port),
    };
    const refused = await runProgram(["health"], { env: stranger });
    assert.match(JSON.parse(refused.stdout).reason, /give another with --tls-client-cert$/);
  });

  test("checks the certificate of a server that was named", async (context) => {
    const { url } = await startServer(context, { tls });
    const env = { RERANKER_URL: url };

    const stranger = await runProgram(["health"], { env });
    const trusted = await runProgram(["health", `--tls-ca=${certPath}`], { env });
    const byVariable = await runProgram(["health"], { env: { ...env, RERANKER_TLS_CA: certPath } });
    const other = await runProgram(["health", `--tls-ca=${fixture("other-cert.pem")}`], { env });

    assert.deepEqual([trusted.code, byVariable.code, stranger.code, other.code], [0, 0, 1, 1]);
    assert.match(JSON.parse(stranger.stdout).reason, /certificate/);
  });

  test("says which file it cannot read", async () => {
    const { code, stderr } = await runProgram(["health", "--url=https://a", "--tls-ca=/no/ca"]);

    assert.equal(code, 1);
    assert.match(stderr, /^error: --tls-ca cannot be read: `\/no\/ca`/);
  });
});

suite("rerankd health of other addresses", () => {
  test("reads an address as the client library does, and asks each of several", async (context) => {
    const [first, second] = [await startServer(context), await startServer(context)];
    const env = { RERANKER_URL: `127.0.0.1:${first.port}, ${second.url}` };

    const all = await runProgram(["health"], { env });
    second.health.update({ status: "draining", reason: "not now" });
    const one = await runProgram(["health"], { env, columns: 80 });
    const alone = await runProgram(["health", `--url=127.0.0.1:${first.port}`]);

    assert.deepEqual([all.code, one.code, alone.code], [0, 1, 0]);
    const reports = all.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      reports.map(({ url, status }) => [url, status]),
      [
        [first.url, "ok"],
        [second.url, "ok"],
      ],
    );
    assert.match(one.stdout, new RegExp(`^${first.url}: ok: .*\n${second.url}: draining: `));
  });

  test("asks a Unix socket, also by a path from here", async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "rerankd-"));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "s.sock");
    await startServer(context, { path });

    for (const socket of [path, relative(process.cwd(), path)]) {
      assert.equal((await runProgram(["health", `--unix-socket=${socket}`])).code, 0, socket);
    }
  });

  test("asks where a process was told to listen", {
    skip: process.platform !== "linux",
  }, async () => {
    const port = await findFreePort();
    const flags = [`--tls-cert=${certPath}`, `--tls-key=${keyPath}`];
    const server = await startServerProcess(flags, { port });
    const env = { RERANKER_URL: "http://127.0.0.1:1", RERANKER_PORT: "1" };

    const told = await runProgram(["health", `--pid=${server.child.pid}`], { env });
    const other = await runProgram(["health", `--pid=${process.pid}`], { env });
    const nobody = await runProgram(["health", "--pid=2147483647"], { env });
    await server.stop();

    assert.deepEqual([told.code, statusOf(told.stdout)], [0, "ok"]);
    assert.match(JSON.parse(other.stdout).reason, /ECONNREFUSED 127\.0\.0\.1:1/);
    assert.equal(other.code, 1);
    assert.match(nobody.stderr, /there is no process 2147483647, which --pid names/);
    assert.deepEqual([nobody.code, nobody.stdout], [1, ""]);
  });
});
