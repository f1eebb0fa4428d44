import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, suite, test } from "node:test";
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

/** The processes of a test, which end with it however it ends. */
const started = new Set<ChildProcess>();

function start(
  args: readonly string[],
  stdio: "ignore" | "pipe" = "ignore",
): ChildProcess & { readonly exited: Promise<unknown[]> } {
  const program = [mainPath, "rank", "--jsonl", "--model-id=bundled", "--spinning=off", ...args];
  const child = spawn(process.execPath, program, {
    stdio: [stdio, stdio, "pipe"],
    env: cleanEnvironment(),
  });
  started.add(child);
  return Object.assign(child, { exited: once(child, "exit") });
}

/** Collects what a process says on its standard error output. */
function textOf({ stderr }: ChildProcess): () => string {
  let text = "";
  stderr?.on("data", (chunk) => {
    text += chunk;
  });
  return () => text;
}

suite("the process of rerankd rank --jsonl", () => {
  let folder = "";
  const path = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rank-process-"));
    const text = lists.map((list) => `${JSON.stringify(list)}\n`).join("");
    await writeFile(path("lists"), text);
  });
  afterEach(() => {
    for (const child of started) child.kill("SIGKILL");
    started.clear();
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

  suite("with --out", () => {
    const lines = `${JSON.stringify(lists[0])}\n`;
    const lockOf = (name: string): string => path(`${name}.rerankd.lock`);
    const isThere = (file: string): Promise<boolean> =>
      stat(file).then(
        () => true,
        () => false,
      );

    /** Starts a run that has ranked a list and waits for more. */
    async function startWriting(name: string, ...args: readonly string[]) {
      const child = start([`--out=${path(name)}`, ...args], "pipe");
      const stderr = textOf(child);
      child.stdin?.on("error", () => {});
      child.stdin?.write(lines);
      const deadline = Date.now() + 60_000;
      while ((await sizeOf(name)) === 0) {
        assert(child.exitCode === null && Date.now() < deadline, stderr());
        await wait(5);
      }
      return { child, stderr };
    }

    for (const resume of [["--resume"], []]) {
      const flags = resume.join("") || "anew";
      test(`keeps a second run from the file, ${flags}`, async () => {
        const name = `first${flags}`;
        const { child: first } = await startWriting(name, ...resume);

        for (const second of [["--resume"], []]) {
          const child = start([path("lists"), `--out=${path(name)}`, ...second]);
          const stderr = textOf(child);
          assert.deepEqual(await child.exited, [1, null]);
          assert.match(
            stderr(),
            new RegExp(
              `error: --out is being written by pid ${first.pid} on .*: \`${path(name)}\``,
            ),
          );
          // The kernel knows of the first, so no sign of life is waited for.
          if (process.platform === "linux") assert.doesNotMatch(stderr(), /waiting/);
        }

        first.stdin?.end(lines);
        assert.deepEqual(await first.exited, [0, null]);
        const written = await readFile(path(name), "utf8");
        assert.equal(written.split("\n").length, 3);
        assert.equal(await isThere(lockOf(name)), false);
      });
    }

    test("keeps a second run from the file of --errors", async () => {
      const { child } = await startWriting("with-errors", `--errors=${path("errors")}`);
      const args = [path("lists"), `--out=${path("others")}`, `--errors=${path("errors")}`];
      const second = start(args);
      const stderr = textOf(second);

      assert.deepEqual(await second.exited, [1, null]);
      assert.match(stderr(), new RegExp(`--errors is being written by pid ${child.pid} on`));
      assert.equal(await isThere(lockOf("others")), false);
      child.stdin?.end();
      assert.deepEqual(await child.exited, [0, null]);
    });

    test("is not kept from the file by a run that was killed", async () => {
      const { child } = await startWriting("crashed", "--resume");
      child.kill("SIGKILL");
      await child.exited;
      assert.match(await readFile(lockOf("crashed"), "utf8"), new RegExp(`"pid":${child.pid},`));

      const rest = start([path("lists"), `--out=${path("crashed")}`, "--resume"]);
      const stderr = textOf(rest);
      assert.deepEqual(await rest.exited, [0, null], stderr());
      const whole = start([path("lists"), `--out=${path("undisturbed")}`, "--resume"]);
      assert.deepEqual(await whole.exited, [0, null]);

      assert((await readFile(path("crashed"))).equals(await readFile(path("undisturbed"))));
      assert.equal(await isThere(lockOf("crashed")), false);
    });

    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      test(`gives the file back at ${signal}`, async () => {
        const { child } = await startWriting(signal, "--resume");
        child.kill(signal);

        assert.deepEqual(await child.exited, [1, null]);
        assert.equal(await isThere(lockOf(signal)), false);
      });
    }

    test("gives the file back after an error", async () => {
      const child = start([path("no lists"), `--out=${path("failed")}`, "--resume"]);

      assert.deepEqual(await child.exited, [1, null]);
      assert.equal(await isThere(lockOf("failed")), false);
    });

    test("writes no more once another run has taken it for dead", async () => {
      const { child, stderr } = await startWriting("lost", "--resume");
      const held = await readFile(lockOf("lost"), "utf8");
      const state = await readFile(path("lost.resume"), "utf8").catch(() => "");
      child.kill("SIGSTOP");
      const theirs = held.replace(/"id":"[^"]*"/, '"id":"of another run"');
      await writeFile(lockOf("lost"), theirs);
      await wait(1_100);
      child.kill("SIGCONT");
      const before = await readFile(path("lost"), "utf8");
      child.stdin?.end(lines);

      assert.deepEqual(await child.exited, [1, null]);
      assert.match(stderr(), /^error: --out is written by another process now/);
      assert.equal(await readFile(path("lost"), "utf8"), before);
      assert.equal(await readFile(path("lost.resume"), "utf8").catch(() => ""), state);
      assert.equal(await readFile(lockOf("lost"), "utf8"), theirs);
    });
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
