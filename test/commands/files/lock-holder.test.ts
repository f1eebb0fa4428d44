import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { suite, test } from "node:test";
import {
  describeHolder,
  type LockHolder,
  lifeOf,
  readHolder,
} from "../../../src/commands/files/lock-holder.ts";

/** What a lock of a process says. */
async function holderOf(pid: number, proc?: string): Promise<LockHolder> {
  const holder = readHolder(await describeHolder(pid, proc));
  assert(holder);
  return holder;
}

suite("a lock's holder", () => {
  test("is told by process, host and time, differently each time", async () => {
    const [text, again] = [await describeHolder(process.pid), await describeHolder(process.pid)];
    const holder = readHolder(text);

    assert.equal(holder?.pid, process.pid);
    assert.equal(holder.host, hostname());
    assert(Math.abs(Date.parse(holder.since) - Date.now()) < 60_000);
    assert.notEqual(text, again);
  });

  test("is not read from what no lock says", () => {
    const fields = { pid: 1, host: "h", since: "s", place: null, started: null };
    assert.deepEqual(readHolder(JSON.stringify(fields)), fields);
    for (const wrong of [{ pid: 0 }, { pid: "1" }, { host: 1 }, { since: null }, { place: 1 }]) {
      assert.equal(readHolder(JSON.stringify({ ...fields, ...wrong })), undefined);
    }
    for (const text of [undefined, "", "null", "[]", "4711", '{"pid":1']) {
      assert.equal(readHolder(text), undefined);
    }
  });

  test("is unknown where there is no /proc", async () => {
    const holder = await holderOf(process.pid, "/nowhere");

    assert.deepEqual([holder.place, holder.started], [null, null]);
    assert.equal(await lifeOf(holder), "unknown");
    assert.equal(await lifeOf(await holderOf(process.pid), "/nowhere"), "unknown");
  });

  suite("on Linux", { skip: process.platform === "linux" ? false : "there is no /proc" }, () => {
    test("lives while its process does", async () => {
      const child = spawn("sleep", ["60"]);
      await once(child, "spawn");
      const holder = await holderOf(child.pid ?? 0);
      assert.equal(await lifeOf(holder), "alive");

      child.kill("SIGKILL");
      await once(child, "exit");
      assert.equal(await lifeOf(holder), "dead");
    });

    test("is dead where a later process has its id", async () => {
      const holder = await holderOf(process.pid);
      assert.equal(await lifeOf(holder), "alive");
      assert.equal(await lifeOf({ ...holder, started: `${Number(holder.started) - 1}` }), "dead");
    });

    test("is dead where its parent has not asked about its end", async () => {
      // The shell becomes, before the child ends, a program that never asks about its children.
      const parent = spawn("sh", ["-c", 'sleep 0.3 & echo "$!"; exec sleep 60']);
      const [line] = await once(parent.stdout, "data");
      const pid = Number(line);
      const deadline = Date.now() + 10_000;
      const state = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0];
      while (state() !== "Z" && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.equal(state(), "Z");
      assert.equal(await lifeOf(await holderOf(pid)), "dead");

      parent.kill();
      await once(parent, "exit");
    });

    test("is unknown where it is of another boot, machine or container", async () => {
      const holder = await holderOf(process.pid);
      assert.equal(await lifeOf({ ...holder, place: `${holder.place}0` }), "unknown");
    });
  });
});
