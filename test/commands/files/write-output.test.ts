import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import { openAtomicFile } from "../../../src/commands/files/write-output.ts";

suite("openAtomicFile()", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "atomic-file-"));
    await writeFile(join(folder, "run"), "old");
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test("leaves the old file in place until it is finished", async () => {
    const path = join(folder, "run");
    const file = await openAtomicFile(path, "out");
    assert.equal(await readFile(path, "utf8"), "old");

    await file.finish("new");
    await file.discard();

    assert.equal(await readFile(path, "utf8"), "new");
    assert.deepEqual(await readdir(folder), ["run"]);
  });

  test("leaves nothing behind when it is discarded", async () => {
    const file = await openAtomicFile(join(folder, "run"), "out");

    await file.discard();

    assert.equal(await readFile(join(folder, "run"), "utf8"), "old");
    assert.deepEqual(await readdir(folder), ["run"]);
  });

  test("names the flag and the path where it cannot write", async () => {
    await assert.rejects(
      openAtomicFile(join(folder, "no", "run"), "out"),
      /--out cannot be written: `.*run`: it does not exist/,
    );
  });
});
