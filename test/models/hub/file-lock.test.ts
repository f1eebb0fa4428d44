import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { withFileLock } from "../../../src/models/hub/file-lock.ts";
import { makeTempFolder } from "../tiny-model.ts";

const { signal } = new AbortController();

suite("withFileLock()", () => {
  test("lets one holder in at a time, and all in the end", async (context) => {
    const path = join(await makeTempFolder(context), "locks", "lock");
    let inside = 0;
    let most = 0;
    const hold = () =>
      withFileLock(path, { signal, pollMs: 1 }, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await readFile(path);
        inside -= 1;
      });

    await Promise.all(Array.from({ length: 8 }, hold));

    assert.equal(most, 1);
    assert.deepEqual(await readdir(join(path, "..")), []);
  });

  test("takes over the lock of a dead process", async (context) => {
    const folder = await makeTempFolder(context);
    const path = join(folder, "lock");
    await writeFile(path, "dead");

    const result = await withFileLock(path, { signal, pollMs: 5, staleAfterMs: 50 }, async () => 7);

    assert.equal(result, 7);
    assert.deepEqual(await readdir(folder), []);
  });

  test("lets one of several waiters take over at a time", async (context) => {
    const path = join(await makeTempFolder(context), "lock");
    await writeFile(path, "dead");
    let inside = 0;
    const hold = () =>
      withFileLock(path, { signal, pollMs: 5, staleAfterMs: 400 }, async () => {
        inside += 1;
        assert.equal(inside, 1);
        await readFile(path);
        inside -= 1;
      });

    await Promise.all(Array.from({ length: 4 }, hold));
  });

  test("stops waiting on abort", async (context) => {
    const path = join(await makeTempFolder(context), "lock");
    await writeFile(path, "alive");
    const controller = new AbortController();
    const onWait = () => controller.abort();

    const waiting = withFileLock(path, { signal: controller.signal, onWait }, async () => 7);

    await assert.rejects(waiting, { name: "AbortError" });
    assert.equal(await readFile(path, "utf8"), "alive");
  });

  test("lets the next one in after a failure", async (context) => {
    const path = join(await makeTempFolder(context), "lock");
    const failing = withFileLock(path, { signal }, () => Promise.reject(new Error("no")));
    await assert.rejects(failing, { message: "no" });

    assert.equal(await withFileLock(path, { signal }, async () => 7), 7);
  });
});
