import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { packageRoot } from "../server-process.ts";

suite("deploy/lint.sh without its tools", {
  skip: process.platform === "win32" && "needs a POSIX shell",
}, () => {
  /** Runs a copy of it, beside which no tools are installed. */
  function lint(t: { after(run: () => void): void }, ...args: readonly string[]) {
    const folder = mkdtempSync(join(tmpdir(), "rerankd-deploy-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(join(packageRoot, "deploy"), join(folder, "deploy"), { recursive: true });
    const { REQUIRE_INTEROP: _required, ...env } = process.env;
    return spawnSync("bash", [join(folder, "deploy/lint.sh"), ...args], {
      encoding: "utf8",
      env: { ...env, PATH: "/usr/bin:/bin" },
    });
  }

  test("names what it did not try, and why", (t) => {
    const { stdout } = lint(t);

    assert.match(stdout, /^not tried {2}Dockerfile: `hadolint` is not installed$/m);
    assert.match(stdout, /^\d+ passed, \d+ failed, [1-9]\d* not tried$/m);
  });

  test("fails for it where all of it is required", (t) => {
    const { status, stdout } = lint(t, "--require");

    assert.match(stdout, /^not tried {2}Dockerfile: /m);
    assert.equal(status, 1);
  });
});
