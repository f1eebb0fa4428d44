import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import {
  cleanEnvironment,
  packageRoot,
  type ServerProcess,
  startServerProcess,
} from "../server-process.ts";
import { interopTool, type Outcome } from "./tools.ts";

const run = promisify(execFile);

/** The key that the server takes. */
const key = "key-of-the-examples-test";

const python = interopTool("venv/bin/python");
const go = interopTool("bin/example-go");
const script = join(packageRoot, "examples", "python", "rank.py");
const stubs = join(packageRoot, "examples", "python", "rerank");
const noStubs = existsSync(stubs)
  ? false
  : "no stubs in examples/python: run scripts/setup-interop.sh";

for (const { language, skip, command } of [
  { language: "Python", skip: python.skip || noStubs, command: [python.path, script] },
  { language: "Go", skip: go.skip, command: [go.path] },
]) {
  suite(`the example in ${language}`, { skip }, () => {
    let server: ServerProcess;
    before(async () => {
      server = await startServerProcess([`--api-key=${key}`]);
    });
    after(() => server.stop());

    async function rank(words: readonly string[], apiKey: string): Promise<Outcome> {
      const [file = "", ...args] = command;
      const address = `127.0.0.1:${server.port}`;
      const env = cleanEnvironment({ RERANKER_ADDRESS: address, RERANKER_API_KEY: apiKey });
      try {
        return { code: 0, ...(await run(file, [...args, ...words], { env, timeout: 60_000 })) };
      } catch (error) {
        return error as Outcome;
      }
    }

    test("prints the documents of its command line, best first", async () => {
      const { code, stdout, stderr } = await rank(["red fruit", "a blue car", "a red apple"], key);

      assert.equal(code, 0, stderr);
      assert.match(stdout, /^0\.\d{3} a red apple\n0\.\d{3} a blue car\n$/);
    });

    test("prints the server's error, and ends with 1", async () => {
      const refused = await rank(["q", "a"], "another-key-than-the-servers");
      const invalid = await rank(["", "a"], key);

      assert.deepEqual([refused.code, invalid.code], [1, 1]);
      assert.match(refused.stderr, /^UNAUTHENTICATED: |^Unauthenticated: /);
      assert.match(invalid.stderr, /`query` must not be empty/);
    });
  });
}
