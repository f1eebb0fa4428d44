import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { followFiles, stampOf } from "../../../src/commands/serve/follow-files.ts";

suite("followFiles()", () => {
  test("tells of a change again until it could be used, and then no more", async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "follow-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "keys");
    writeFileSync(path, "one");
    const since = await stampOf([path]);
    writeFileSync(path, "another");
    // Following keeps no process alive.
    const alive = setInterval(() => undefined, 1_000);
    context.after(() => clearInterval(alive));
    let calls = 0;
    await new Promise<void>((resolve) => {
      const onChange = async () => {
        calls += 1;
        if (calls === 3) setTimeout(resolve, 50);
        return calls === 3;
      };
      context.after(followFiles([path], { since, onChange, pollMs: 1 }));
    });

    assert.equal(calls, 3);
  });
});
