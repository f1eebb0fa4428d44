import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { acquireFileLock, withFileLock } from "../src/file-lock.ts";
import { makeTempFolder } from "./models/tiny-model.ts";

const { signal } = new AbortController();

suite("withFileLock()", () => {
  test("lets one holder in at a time, and all in the end", async (context) => {
    const path = join(await makeTempFolder(context), "lock");
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

  test("waits for no holder that is known to be dead", async (context) => {
    const path = join(await makeTempFolder(context), "lock");
    await writeFile(path, "dead");
    const isDead = async (owner: string) => owner === "dead";

    await using _lock = await acquireFileLock(path, { signal, isDead, owner: "new", pollMs: 1e6 });

    assert.equal(await readFile(path, "utf8"), "new");
  });

  test("tells whoever waits of the holder and its life, and ends with what that throws", async (context) => {
    const path = join(await makeTempFolder(context), "lock");
    await using _lock = await acquireFileLock(path, { signal, owner: "first", staleAfterMs: 50 });
    const looks: unknown[] = [];

    const waiting = acquireFileLock(path, {
      signal,
      pollMs: 2,
      onWait(held) {
        looks.push(held);
        if (held.hasShownLife) throw new Error("it lives");
      },
    });

    await assert.rejects(waiting, { message: "it lives" });
    assert.deepEqual(looks[0], { owner: "first", hasShownLife: false });
    assert.deepEqual(looks.at(-1), { owner: "first", hasShownLife: true });
    assert.equal(await readFile(path, "utf8"), "first");
  });

  test("knows that another took it over, and then leaves that one's lock alone", async (context) => {
    const path = join(await makeTempFolder(context), "lock");
    const lock = await acquireFileLock(path, { signal });
    assert.equal(await lock.isLost(), false);

    await writeFile(path, "another");
    assert.equal(await lock.isLost(), true);
    await lock[Symbol.asyncDispose]();

    assert.equal(await readFile(path, "utf8"), "another");
  });

  test("gives up where there is no folder for it", async (context) => {
    const path = join(await makeTempFolder(context), "no", "lock");

    await assert.rejects(acquireFileLock(path, { signal }), { code: "ENOENT" });
  });

  test("lets one of several waiters take over at a time", async (context) => {
    const folder = await makeTempFolder(context);
    for (let round = 0; round < 10; round += 1) {
      const path = join(folder, `lock-${round}`);
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
    }
    assert.deepEqual(await readdir(folder), []);
  });

  test("takes over where a process was killed as it took over", async (context) => {
    const folder = await makeTempFolder(context);
    const path = join(folder, "lock");
    const longAgo = new Date(0);
    await writeFile(path, "dead");
    await writeFile(`${path}.takeover`, "");
    await utimes(`${path}.takeover`, longAgo, longAgo);

    const result = await withFileLock(path, { signal, pollMs: 5, staleAfterMs: 50 }, async () => 7);

    assert.equal(result, 7);
    assert.deepEqual(await readdir(folder), []);
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

  test("rejects at once where the path is no file: a link that leads nowhere, a pipe, a folder", async (context) => {
    const folder = await makeTempFolder(context);
    await symlink("nowhere", join(folder, "link"));
    await mkdir(join(folder, "folder"));
    execFileSync("mkfifo", [join(folder, "pipe")]);

    for (const name of ["link", "pipe", "folder"]) {
      const path = join(folder, name);
      const message = `\`${path}\` is not a file`;
      await assert.rejects(acquireFileLock(path, { signal }), { message });
    }
  });

  test("lets the next one in after a failure", async (context) => {
    const path = join(await makeTempFolder(context), "lock");
    const failing = withFileLock(path, { signal }, () => Promise.reject(new Error("no")));
    await assert.rejects(failing, { message: "no" });

    assert.equal(await withFileLock(path, { signal }, async () => 7), 7);
  });
});
