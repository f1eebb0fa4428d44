import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { suite, test } from "node:test";
import { runProgram } from "../run-program.ts";
import { startServer } from "../server/start-server.ts";

suite("rerankd health", () => {
  test("prints JSON into a pipe and a line on a terminal, and ends with 0, for `ok`", async (context) => {
    const { url, port } = await startServer(context);
    const env = { RERANKER_PORT: String(port) };

    const piped = await runProgram(["health", `--url=${url}`]);
    const shown = await runProgram(["health"], { env, columns: 80 });
    const asked = await runProgram(["health", "--json"], { env, columns: 80 });

    assert.deepEqual([piped.code, shown.code, asked.code], [0, 0, 0]);
    assert.deepEqual(JSON.parse(piped.stdout), {
      status: "ok",
      model: "fake-model",
      device: "cpu",
      dtype: "int8",
      max_length: 512,
      version: "0.0.0",
    });
    assert.equal(asked.stdout, piped.stdout);
    assert.equal(shown.stdout, "ok: fake-model (on cpu, int8, 512 tokens), rerankd 0.0.0\n");
    assert.equal(piped.stderr + shown.stderr, "");
  });

  for (const status of ["starting", "restarting", "draining"] as const) {
    test(`ends with 1 and the reason for \`${status}\``, async (context) => {
      const { url, health } = await startServer(context);
      health.update({ status, reason: "not now" });

      const piped = await runProgram(["health", `--url=${url}`]);
      const shown = await runProgram(["health", `--url=${url}`], { columns: 80 });

      assert.deepEqual([piped.code, shown.code], [1, 1]);
      const report = JSON.parse(piped.stdout);
      assert.deepEqual([report.status, report.reason], [status, "not now"]);
      assert.match(shown.stdout, new RegExp(`^${status}: fake-model .*: not now\\n$`));
    });
  }

  test("ends with 0 and the reason for `degraded`", async (context) => {
    const { url, health } = await startServer(context);
    health.update({ status: "degraded", reason: "documents run on the cpu" });

    const { code, stdout } = await runProgram(["health", `--url=${url}`]);

    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).reason, "documents run on the cpu");
  });

  test("ends with 1 where nobody listens", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    assert(address !== null && typeof address === "object");
    holder.close();
    await once(holder, "close");

    const { code, stdout } = await runProgram(["health", `--url=http://127.0.0.1:${address.port}`]);

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
