import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
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

  test("writes to what a link leads to, and to a pipe, which stay what they are", async () => {
    await symlink(join(folder, "run"), join(folder, "link"));
    await (await openAtomicFile(join(folder, "link"), "out")).finish("new");
    assert((await lstat(join(folder, "link"))).isSymbolicLink());
    assert.equal(await readFile(join(folder, "run"), "utf8"), "new");

    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const reading = readFile(pipe, "utf8");
    await (await openAtomicFile(pipe, "out")).finish("through");
    assert.equal(await reading, "through");
    assert((await lstat(pipe)).isFIFO());
    assert.deepEqual((await readdir(folder)).sort(), ["link", "pipe", "run"]);
  });

  test("names the flag and the path where it cannot write", async () => {
    await assert.rejects(
      openAtomicFile(join(folder, "no", "run"), "out"),
      /--out cannot be written: `.*run`: it does not exist/,
    );
  });
});
