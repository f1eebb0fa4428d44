import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, suite, test } from "node:test";
import { describeHolder } from "../../../src/commands/files/lock-holder.ts";
import { lockOutputs } from "../../../src/commands/files/output-lock.ts";
import type { ProcessContext } from "../../../src/commands/process-context.ts";

suite("lockOutputs()", () => {
  let folder = "";
  let notes = "";
  const path = (name: string): string => join(folder, name);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "output-lock-"));
    notes = "";
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const lock = async (name: string, isRequired = true) => {
    const stderr = { write: (text: string) => (notes += text) };
    const context = { pid: process.pid, stop: new AbortController().signal, stderr };
    return await lockOutputs([{ flag: "out", path: name }], context as unknown as ProcessContext, {
      isRequired,
      pollMs: 5,
      staleAfterMs: 200,
    });
  };

  /** Writes the lock of a process on another machine. */
  const lockElsewhere = async (name: string) => {
    const text = await describeHolder(4711, "/nowhere");
    const theirs = text.replace(/"host":"[^"]*"/, '"host":"elsewhere"');
    await writeFile(path(`${name}.rerankd.lock`), theirs);
  };

  test("refuses a second writer, and tells which process is the first", async () => {
    await using _first = await lock(path("out"));

    await assert.rejects(lock(path("out")), (error: Error) => {
      const words = `--out is being written by pid ${process.pid} on `;
      assert(error.message.startsWith(words), error.message);
      assert(error.message.endsWith(`: \`${path("out")}\``), error.message);
      return true;
    });
  });

  test("knows a file under all names of it", async () => {
    await writeFile(path("out"), "");
    await symlink(path("out"), path("link"));
    await symlink(folder, path("folder"));
    {
      await using _first = await lock(path("link"));
      await assert.rejects(lock(path("folder/out")), /is being written/);
    }
    await using _new = await lock(path("folder/new"));
    await assert.rejects(lock(path("new")), /is being written/);
  });

  test("leaves nothing behind, also where a second file cannot be had", async () => {
    const first = await lock(path("a"));
    const context = { pid: process.pid, stop: new AbortController().signal };
    const both = ["b", "a"].map((name) => ({ flag: "out", path: path(name) }));

    const refused = lockOutputs(both, context as ProcessContext, { isRequired: true });
    await assert.rejects(refused, /is being written/);
    assert.deepEqual(await readdir(folder), ["a.rerankd.lock"]);
    await first[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(folder), []);
  });

  test("refuses where a process of another machine shows life", async () => {
    await lockElsewhere("out");
    const theirLock = path("out.rerankd.lock");
    const beating = setInterval(() => void utimes(theirLock, new Date(), new Date()), 20);

    await assert.rejects(lock(path("out")), /being written by pid 4711 on elsewhere, since /);
    clearInterval(beating);
    assert.match(notes, /^note: `.*` is of pid 4711 on elsewhere; waiting to see if it lives\n$/);
    assert.match(await readFile(theirLock, "utf8"), /elsewhere/);
  });

  test("takes over where a process of another machine shows none", async () => {
    await lockElsewhere("out");

    await using _lock = await lock(path("out"));

    assert.match(await readFile(path("out.rerankd.lock"), "utf8"), new RegExp(`:${process.pid},`));
  });

  test("finds out that it was taken over, and then says so each time", async (context) => {
    const mine = await lock(path("out"));
    await lockElsewhere("out");
    const now = Date.now();
    context.mock.method(Date, "now", () => now + 2_000);

    await assert.rejects(mine.check(), /^StartupError: --out is written by another process now/);
    await assert.rejects(mine.check(), /is written by another process now/);
    await mine[Symbol.asyncDispose]();
    assert.match(await readFile(path("out.rerankd.lock"), "utf8"), /elsewhere/);
  });

  test("removes no file of another program", async () => {
    await writeFile(path("out.rerankd.lock"), "something else");

    await assert.rejects(lock(path("out"), false), /--out cannot be locked: `.*` is another file/);
    assert.equal(await readFile(path("out.rerankd.lock"), "utf8"), "something else");
  });

  test("needs a lock where that is required, and else notes that there is none", async () => {
    // Its lock's name is longer than names can be.
    const long = path("a".repeat(250));

    await assert.rejects(lock(long), /^StartupError: --out cannot be locked: `.*`: ENAMETOOLONG$/);
    await using _lock = await lock(long, false);
    assert.match(
      notes,
      /^note: --out cannot be locked: .*; nothing keeps other writers from it\n$/,
    );
  });

  test("leaves a folder that is not there to whoever opens the file", async () => {
    await using _lock = await lock(path("none/out"));
    assert.deepEqual([notes, await readdir(folder)], ["", []]);
  });

  test("does not lock a device", async () => {
    await using _first = await lock("/dev/null");
    await using _second = await lock("/dev/null");
    assert.equal(notes, "");
  });
});
