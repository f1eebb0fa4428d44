import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { cleanEnvironment, mainPath } from "../../server-process.ts";

const words = "red fruit blue car green tree river stone house bread cloud seven old new".split(
  " ",
);

/** Lists of documents of several lengths, so that batches differ with what is under way. */
const lists = Array.from({ length: 100 }, (_, id) => ({
  id,
  query: `${words[id % words.length]} ${words[(id * 5) % words.length]}`,
  documents: Array.from({ length: 5 }, (_, at) =>
    Array.from(
      { length: 1 + ((id * 7 + at * 11) % 40) },
      (_, word) => words[(id + at * 3 + word * word) % words.length],
    ).join(" "),
  ),
}));

function start(
  args: readonly string[],
  stdio: "ignore" | "pipe" = "ignore",
): ChildProcess & { readonly exited: Promise<unknown[]> } {
  const program = [mainPath, "rank", "--jsonl", "--model-id=bundled", "--spinning=off", ...args];
  const child = spawn(process.execPath, program, {
    stdio: [stdio, stdio, "pipe"],
    env: cleanEnvironment(),
  });
  return Object.assign(child, { exited: once(child, "exit") });
}

suite("the process of rerankd rank --jsonl", () => {
  let folder = "";
  const path = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rank-process-"));
    const text = lists.map((list) => `${JSON.stringify(list)}\n`).join("");
    await writeFile(path("lists"), text);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const sizeOf = async (name: string): Promise<number> =>
    await stat(path(name)).then(
      ({ size }) => size,
      () => 0,
    );

  test("is killed twice and goes on, and writes what an undisturbed run does", async () => {
    const args = (name: string) => [path("lists"), `--out=${path(name)}`, "--resume"];
    const [code] = await start(args("whole")).exited;
    assert.equal(code, 0);
    const whole = await readFile(path("whole"));

    for (const share of [0.2, 0.6]) {
      const child = start(args("killed"));
      while (child.exitCode === null && (await sizeOf("killed")) < whole.length * share) {
        await wait(5);
      }
      child.kill("SIGKILL");
      assert.deepEqual(await child.exited, [null, "SIGKILL"]);
    }
    assert((await sizeOf("killed")) < whole.length);
    const [end] = await start(args("killed")).exited;

    assert.equal(end, 0);
    assert((await readFile(path("killed"))).equals(whole));
  });

  test("answers what has come while more may come, and ends with its input", async () => {
    const child = start([], "pipe");
    child.stdin?.write(`${JSON.stringify(lists[0])}\n`);
    const [first] = await once(child.stdout ?? child, "data");
    assert.match(String(first), /^\{"id":0,"results":\[.*\n$/);

    child.stdin?.end();
    assert.deepEqual(await child.exited, [0, null]);
  });

  test("ends quietly when its reader goes, and at SIGINT", async () => {
    const left = start(["-"], "pipe");
    const lines = `${JSON.stringify(lists[0])}\n`;
    left.stdin?.on("error", () => {});
    let stderr = "";
    left.stderr?.on("data", (text) => {
      stderr += text;
    });
    left.stdin?.write(lines);
    await once(left.stdout ?? left, "data");
    left.stdout?.destroy();
    left.stdin?.write(lines.repeat(3));
    assert.deepEqual(await left.exited, [0, null]);
    assert.equal(stderr, "");

    const stopped = start([], "pipe");
    stopped.stdin?.write(lines);
    await once(stopped.stdout ?? stopped, "data");
    stopped.kill("SIGINT");
    assert.deepEqual(await stopped.exited, [1, null]);
  });
});
