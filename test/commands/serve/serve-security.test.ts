import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { runProgram } from "../../run-program.ts";
import { startServerProcess } from "../../server-process.ts";

suite("rerankd serve with API keys on a Unix socket", {
  skip: process.platform === "win32" && "Windows has none",
}, () => {
  test("lets in who has a key, says nothing of it, and leaves no socket", async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "rerankd-"));
    context.after(() => rmSync(folder, { recursive: true, force: true }));
    const [path, keys] = [join(folder, "rerankd.sock"), join(folder, "keys")];
    writeFileSync(keys, "# of the test\nfile-key\n");
    const server = await startServerProcess(
      [`--unix-socket=${path}`, `--api-keys-file=${keys}`, "--log-level=debug"],
      { env: { RERANKER_API_KEYS: "environment-key-1,other-key-of-a-test" } },
    );
    const rank = async (key: string): Promise<number> => {
      const argv = ["rank", "-q", "red fruit", `--url=unix:${path}`, "-"];
      const env = { RERANKER_API_KEY: key };
      return (await runProgram(argv, { stdin: "a red apple\na blue car\n", env })).code;
    };

    const health = await runProgram(["health", `--url=unix:${path}`]);
    const codes = [
      await rank("file-key"),
      await rank("other-key-of-a-test"),
      await rank("wrong-key"),
    ];
    const exitCode = await server.stop();

    assert.equal(health.code, 0);
    assert.deepEqual(codes, [0, 0, 1]);
    assert.equal(exitCode, 0);
    assert.equal(server.ready.path, path);
    assert.equal(existsSync(path), false);
    assert.doesNotMatch(server.lines.join("\n"), /-key/);
  });

  test("does not start without the keys that it was told of", async () => {
    const { code, stderr } = await runProgram([
      "serve",
      "--model-id=bundled",
      "--port=0",
      "--api-keys-file=/nonexistent/keys",
    ]);

    assert.equal(code, 1);
    assert.match(stderr, /^error: --api-keys-file cannot be read: `\/nonexistent\/keys`/m);
  });
});
