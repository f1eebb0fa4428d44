import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { packageRoot, startServerProcess } from "../server-process.ts";
import { interopTool, runTool } from "./tools.ts";

const python = interopTool("venv/bin/python");

suite("Python grpcio", { skip: python.skip }, () => {
  test("ranks, streams 1,000 requests, meets its deadline and cancels", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rerankd-grpcio-"));
    const descriptors = join(folder, "contract.binpb");
    const buf = join(packageRoot, "node_modules", ".bin", "buf");
    assert.equal((await runTool(buf, "build", "-o", descriptors)).code, 0);
    const server = await startServerProcess();

    const client = join(packageRoot, "test", "interop", "grpcio_client.py");
    const { code, stdout, stderr } = await runTool(
      python.path,
      client,
      `127.0.0.1:${server.port}`,
      descriptors,
    );
    const exitCode = await server.stop();
    await rm(folder, { recursive: true });

    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      health: 1,
      best: [1, 3],
      invalid: "INVALID_ARGUMENT",
      deadline: "DEADLINE_EXCEEDED",
      cancelled: "CANCELLED",
      stream: { answered: 1000, invalid: 100, code: "OK" },
    });
    assert.equal(exitCode, 0);
  });
});
