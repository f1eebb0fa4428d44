import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const child = fileURLToPath(new URL("../fakes/telemetry-child.js", import.meta.url));

suite("ortEnvironment", () => {
  test("keeps the runtime from writing into the home folder", async (t) => {
    const home = await mkdtemp(join(tmpdir(), "rerankd-home-"));
    t.after(() => rm(home, { recursive: true }));
    // Nothing else is passed on: variables like CI would keep the runtime quiet by themselves.
    const env = { HOME: home, USERPROFILE: home, LOCALAPPDATA: home, PATH: process.env.PATH ?? "" };
    const { stdout } = await promisify(execFile)(process.execPath, [child], { env });
    assert.equal(stdout, "scored 0.5");
    assert.deepEqual(await readdir(home), []);
  });
});
