import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type RunOptions, runProgram } from "../../run-program.ts";
import { startServer } from "../../server/start-server.ts";

type Fields = Record<string, unknown>;

const jsonLines = (text: string): Fields[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

const linesOf = (...lists: readonly unknown[]): string =>
  lists.map((list) => `${typeof list === "string" ? list : JSON.stringify(list)}\n`).join("");

const indexesOf = ({ results }: Fields): unknown[] =>
  (results as Fields[]).map(({ index }) => index);

suite("rerankd rank --jsonl without a query", () => {
  let folder = "";
  const path = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rank-lists-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Ranks with a server that ranks longer documents first. */
  async function rank(
    context: Parameters<typeof startServer>[0],
    args: readonly string[],
    options: RunOptions = {},
  ) {
    const { url, reranker } = await startServer(context);
    const run = await runProgram(["rank", "--jsonl", `--url=${url}`, ...args], options);
    return { ...run, reranker };
  }

  test("writes a line for each list, in their order, by its id or line", async (context) => {
    const stdin = linesOf(
      { id: "first", query: "q", documents: ["a", "abc", "ab"] },
      "",
      { query: "q", documents: [{ text: "a", id: 7 }, { text: "ab" }] },
      { id: 3, query: "q", documents: [] },
    );
    const { code, stdout, stderr } = await rank(context, [], { stdin });

    assert.deepEqual([code, stderr], [0, ""]);
    const [first, second, third] = jsonLines(stdout);
    assert.deepEqual([first?.id, indexesOf(first ?? {})], ["first", [1, 2, 0]]);
    assert.deepEqual(second, {
      line: 3,
      results: [
        { index: 1, relevance_score: Math.fround(0.02) },
        { index: 0, relevance_score: Math.fround(0.01), id: 7 },
      ],
    });
    assert.deepEqual(third, { id: 3, results: [] });
  });

  test("refuses an id that would come out as another, with or without a query", async (context) => {
    const tooLarge = '{"id":9007199254740993,"text":"a"}';
    const stdin = linesOf(
      '{"id":9007199254740993,"query":"q","documents":["a"]}',
      `{"id":2,"query":"q","documents":["b",${tooLarge}]}`,
      '{"id":0.5,"query":"q","documents":[{"id":9007199254740991,"text":"a"}]}',
      '{"id":1e400,"query":"q","documents":["a"]}',
      '{"id":{"$oid":"7"},"query":"q","documents":["a"]}',
    );
    const { code, stdout } = await rank(context, ["--errors=-"], { stdin });

    assert.equal(code, 3);
    const [list, document, good, infinite, object] = jsonLines(stdout);
    const reason = "is a number too large to be read exactly: write it as a text";
    assert.deepEqual(list, { line: 1, offset: 0, error: `\`id\` ${reason}` });
    assert.equal(document?.error, `\`documents[1].id\` ${reason}`);
    assert.deepEqual(
      [good?.id, (good?.results as Fields[] | undefined)?.[0]?.id],
      [0.5, 9007199254740991],
    );
    assert.deepEqual(infinite?.error, list?.error);
    assert.equal(object?.error, "`id` must be a text or a number, got: an object");
    const one = await runProgram(["rank", "-q=q", "--url=http://127.0.0.1:1"], {
      stdin: `${tooLarge}\n`,
    });
    assert.match(one.stderr, /^error: the standard input: an `id` is a number too large/);
  });

  test("touches no file that is to be two things", async (context) => {
    const lists = linesOf({ query: "q", documents: ["a"] });
    await writeFile(path("both"), lists);
    await symlink(path("both"), path("link"));
    const around = `${folder}/../${basename(folder)}`;
    for (const args of [
      [path("both"), `--out=${path("both")}`],
      [path("both"), `--out=${around}/both`],
      [path("link"), `--errors=${path("both")}`],
      [path("both"), `--out=${path("new")}`, `--errors=${around}/new`],
      [path("both"), `--out=${path("new")}`, `--errors=${path("new.resume")}`, "--resume"],
      [path("both"), `--out=${path("new")}`, `--errors=${path("new.rerankd.lock")}`],
    ]) {
      const { code, stderr } = await rank(context, args);

      assert.equal(code, 2, args.join(" "));
      assert.match(stderr, /^error: .* must be different files, got: `/);
    }
    assert.equal(await readFile(path("both"), "utf8"), lists);
    const page = ["-q=q", path("both"), `--html=${around}/both`, "--url=http://127.0.0.1:1"];
    assert.equal((await runProgram(["rank", ...page])).code, 2);
  });

  test("changes no output where it cannot begin", async () => {
    await writeFile(path("lists"), linesOf({ query: "q", documents: ["a"] }));
    await writeFile(path("done"), "ranked\n");
    await writeFile(path("done.resume"), "state");
    const { code, stderr } = await runProgram([
      ...[
        "rank",
        "--jsonl",
        path("lists"),
        `--out=${path("done")}`,
        `--errors=${path("done.errors")}`,
      ],
      "--model-id=./no-model",
    ]);

    assert.equal(code, 1);
    assert.match(stderr, /no-model/);
    assert.equal(await readFile(path("done"), "utf8"), "ranked\n");
    assert.equal(await readFile(path("done.resume"), "utf8"), "state");
  });

  test("asks with a list's own options, and else with those of the command", async (context) => {
    const stdin = linesOf(
      { query: "q", documents: ["a", "ab"], top_n: 1, return_documents: true },
      { query: "q", documents: ["a", "ab", "abc"] },
    );
    const { code, stdout, stderr, reranker } = await rank(context, ["--top-n=2"], { stdin });

    assert.equal(code, 0, stderr);
    assert.deepEqual(reranker.requests.map(({ topN }) => topN).sort(), [1, 2]);
    const [first, second] = jsonLines(stdout);
    assert.deepEqual((first?.results as Fields[] | undefined)?.[0]?.document, { text: "ab" });
    assert.deepEqual(indexesOf(second ?? {}), [2, 1]);
  });

  test("ends with status 3 and says which lines it cannot rank, where and why", async (context) => {
    const good = { id: "good", query: "q", documents: ["a"] };
    const lines = [
      "{",
      "[1]",
      linesOf({ id: "x", query: 1, documents: [] }).trim(),
      linesOf({ query: "q" }).trim(),
      linesOf({ query: "", documents: ["a"] }).trim(),
      linesOf({ query: "q", documents: ["a", 1] }).trim(),
      linesOf({ query: "q", documents: ["a"], top_n: -1 }).trim(),
      linesOf({ query: "q", documents: ["a"], max_tokens_per_query: 3 }).trim(),
      linesOf({ query: "q", documents: ["a".repeat(300)] }).trim(),
    ];
    const stdin = `${lines.join("\n")}\n${linesOf(good)}`;
    const args = [`--errors=${path("errors")}`, "--max-line-bytes=200"];
    const { code, stdout, stderr } = await rank(context, args, { stdin });

    assert.equal(code, 3);
    assert.match(
      stderr,
      /^note: ranked 1 lists with 1 documents, .*; 9 lines could not be ranked\n$/,
    );
    assert.deepEqual(
      jsonLines(stdout).map(({ id }) => id),
      ["good"],
    );
    const errors = jsonLines(await readFile(path("errors"), "utf8"));
    assert.deepEqual(
      errors.map(({ line, offset }) => [line, offset]),
      lines.map((_, at) => [at + 1, lines.slice(0, at).join("\n").length + (at > 0 ? 1 : 0)]),
    );
    assert.equal(errors[2]?.id, "x");
    const reasons = [
      /^the line must be JSON/,
      /^`the line` must be an object, got: a list$/,
      /^`query` must be a string, got: a number$/,
      /^`documents` must be a list of strings, got: nothing$/,
      /`query` must not be empty$/,
      /^`documents\[1\]` must be a string, got: a number$/,
      /^`top_n` must be a whole number from 0/,
      /^`max_tokens_per_query` must not be sent with --url/,
      /^the line has \d+ bytes, and may have 200: --max-line-bytes allows longer ones$/,
    ];
    for (const [at, reason] of reasons.entries()) assert.match(String(errors[at]?.error), reason);
  });

  test("says what is wrong on stderr, or among the lists, in their order", async (context) => {
    const stdin = linesOf({ query: "q", documents: ["a"] }, "no", { query: "q", documents: ["b"] });
    const apart = await rank(context, [], { stdin });
    const among = await rank(context, ["--errors=-"], { stdin });

    assert.deepEqual([apart.code, among.code], [3, 3]);
    assert.match(apart.stderr, /^\{"line":2,"offset":32,"error":"the line must be JSON/);
    assert.equal(jsonLines(apart.stdout).length, 2);
    assert.deepEqual(
      jsonLines(among.stdout).map(({ line, error }) => [line, error !== undefined]),
      [
        [1, false],
        [2, true],
        [3, false],
      ],
    );
  });

  test("refuses bytes that are no UTF-8 as a line of their own", async (context) => {
    const stdin = Buffer.concat([
      Buffer.from('{"query":"'),
      Buffer.of(0xff),
      Buffer.from(`"}\n${linesOf({ query: "q", documents: ["a"] })}`),
    ]);
    const { code, stdout, stderr } = await rank(context, [], { stdin });

    assert.equal(code, 3);
    assert.match(stderr, /"error":"the line must be UTF-8"/);
    assert.equal(jsonLines(stdout).length, 1);
  });

  test("ranks nothing of an empty input", async (context) => {
    const { code, stdout, stderr } = await rank(context, [], { stdin: "\n" });

    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  });

  test("reads a file, packed or not", async (context) => {
    const lists = linesOf({ query: "q", documents: ["a"] });
    await writeFile(path("lists.jsonl"), lists);
    await writeFile(path("lists.jsonl.gz"), gzipSync(lists));
    const plain = await rank(context, [path("lists.jsonl")]);
    const packed = await rank(context, [path("lists.jsonl.gz")]);

    assert.equal(plain.code, 0, plain.stderr);
    assert.equal(jsonLines(plain.stdout).length, 1);
    assert.equal(packed.stdout, plain.stdout);
  });

  test("says which file cannot be read or written", async (context) => {
    const unread = await rank(context, [path("none")]);
    const folderRead = await rank(context, [folder]);
    const unwritten = await rank(context, [`--out=${path("no/out")}`], { stdin: "" });

    assert.match(unread.stderr, /none cannot be read: it does not exist/);
    assert.match(folderRead.stderr, /cannot be read: it is a folder/);
    assert.match(unwritten.stderr, /^error: --out cannot be written: `.*`: it does not exist/);
    assert.deepEqual([unread.code, folderRead.code, unwritten.code], [1, 1, 1]);
  });

  test("keeps the order where a later list is ready first, and not with --unordered", async (context) => {
    for (const { flags, expected } of [
      { flags: [], expected: ["slow", "fast"] },
      { flags: ["--unordered"], expected: ["fast", "slow"] },
    ]) {
      const { url, reranker } = await startServer(context);
      const stdin = linesOf(
        { id: "slow", query: "hold", documents: ["a"] },
        { id: "fast", query: "q", documents: ["a"] },
      );
      const running = runProgram(["rank", "--jsonl", `--url=${url}`, ...flags], { stdin });
      await reranker.until(() => reranker.held.length === 1 && reranker.requests.length === 2);
      // Long enough for the answer of the other list to be written.
      setTimeout(() => reranker.releaseAll(), 300);
      const { stdout } = await running;
      assert.deepEqual(
        jsonLines(stdout).map(({ id }) => id),
        expected,
      );
    }
  });

  test("reads no further while lists wait, however many come", async (context) => {
    const { url, reranker } = await startServer(context);
    const stdin = new PassThrough({ highWaterMark: 1 });
    const list = linesOf({ query: "hold", documents: ["a"] });
    const running = runProgram(["rank", "--jsonl", `--url=${url}`], { stdin });
    for (let sent = 0; sent < 200; sent += 1) stdin.write(list);
    await reranker.until(() => reranker.held.length === 64);
    await new Promise((resolve) => setTimeout(resolve, 200));

    assert.equal(reranker.requests.length, 64);
    stdin.end();
    const releasing = setInterval(() => reranker.releaseAll(), 5);
    const { code, stdout } = await running;
    clearInterval(releasing);
    assert.equal(code, 0);
    assert.equal(jsonLines(stdout).length, 200);
    assert.equal(reranker.maxActive, 64);
  });

  test("ends quietly where its reader has gone", async (context) => {
    const stdin = linesOf({ query: "q", documents: ["a"] }).repeat(500);
    const { code, stderr, reranker } = await rank(context, [], { stdin, closedStdout: true });

    assert.deepEqual([code, stderr], [0, ""]);
    assert(reranker.requests.length < 500);
  });

  test("ends with the error of a server that refuses it", async (context) => {
    const { url, reranker } = await startServer(context, { apiKeys: ["a-key-of-the-test"] });
    const { code, stderr } = await runProgram(["rank", "--jsonl", `--url=${url}`], {
      stdin: linesOf({ query: "q", documents: ["a"] }),
    });

    assert.equal(code, 1);
    assert.match(stderr, /^error: unauthenticated/);
    assert.equal(reranker.requests.length, 0);
  });

  suite("--resume", () => {
    const lists = Array.from({ length: 40 }, (_, at) =>
      at === 5 || at === 25 ? "no" : { id: at, query: "q", documents: ["a", "b".repeat(at + 2)] },
    );

    test("goes on with what is there as if nothing had happened", async (context) => {
      const { url } = await startServer(context);
      const run = (name: string) =>
        runProgram([
          "rank",
          "--jsonl",
          `--url=${url}`,
          path("input"),
          `--out=${path(name)}`,
          `--errors=${path(`${name}.errors`)}`,
          "--resume",
        ]);
      await writeFile(path("input"), linesOf(...lists));
      assert.equal((await run("whole")).code, 3);
      const whole = await readFile(path("whole"), "utf8");

      await writeFile(path("input"), linesOf(...lists.slice(0, 20)));
      await run("part");
      // What was written after the state was.
      await appendFile(path("part"), '{"id":20,"resu');
      await appendFile(path("part.errors"), "x");
      await writeFile(path("input"), linesOf(...lists));
      const { code, stderr } = await run("part");

      assert.equal(code, 3, stderr);
      assert.match(stderr, /^note: ranked 38 lists .*; 2 lines could not be ranked$/m);
      assert.equal(await readFile(path("part"), "utf8"), whole);
      assert.equal(
        await readFile(path("part.errors"), "utf8"),
        await readFile(path("whole.errors"), "utf8"),
      );
      const again = await run("part");
      assert.equal(again.code, 3);
      assert.equal(await readFile(path("part"), "utf8"), whole);
    });

    test("skips what the standard input begins with again", async (context) => {
      const { url, reranker } = await startServer(context);
      const run = (stdin: string) =>
        runProgram(["rank", "--jsonl", `--url=${url}`, `--out=${path("piped")}`, "--resume"], {
          stdin,
        });
      const good = lists.filter((list) => typeof list !== "string");
      await run(linesOf(...good.slice(0, 10)));
      await run(linesOf(...good));

      assert.equal(jsonLines(await readFile(path("piped"), "utf8")).length, good.length);
      assert.equal(reranker.requests.length, good.length);
    });

    test("refuses another input, other settings, and an output that was cut", async (context) => {
      const { url } = await startServer(context);
      const run = (...args: readonly string[]) =>
        runProgram([
          ...["rank", "--jsonl", `--url=${url}`, path("other"), `--out=${path("o")}`, "--resume"],
          ...args,
        ]);
      await writeFile(path("other"), linesOf({ query: "q", documents: ["a"] }));
      await run();

      const settings = await run("--top-n=1");
      assert.equal(settings.code, 1);
      assert.match(settings.stderr, /is of a run with another topN: null, and now 1\n/);

      await writeFile(path("other"), linesOf({ query: "q", documents: ["b"] }));
      const input = await run();
      assert.equal(input.code, 1);
      assert.match(input.stderr, /the input is not that of the run to go on with: its line 1/);

      await truncate(path("o"), 3);
      const output = await run();
      assert.equal(output.code, 1);
      assert.match(output.stderr, /holds 3 bytes, and the run to go on with wrote/);

      await writeFile(path("o.resume"), "{}");
      assert.match((await run()).stderr, /o.resume` is not the state of a run/);
    });

    test("goes on where the last line has got its newline since", async (context) => {
      const { url } = await startServer(context);
      const args = [
        "rank",
        "--jsonl",
        `--url=${url}`,
        path("grown"),
        `--out=${path("g")}`,
        "--resume",
      ];
      const input = linesOf(...lists.slice(0, 3));
      await writeFile(path("grown"), input.trimEnd());
      await runProgram(args);
      await writeFile(path("grown"), `${input}${linesOf(lists[3] ?? {})}`);
      const { code, stderr } = await runProgram(args);

      assert.equal(code, 0, stderr);
      const ids = jsonLines(await readFile(path("g"), "utf8")).map(({ id }) => id);
      assert.deepEqual(ids, [0, 1, 2, 3]);
    });

    test("refuses an output that cannot be cut back", async () => {
      const url = "--url=http://127.0.0.1:1";
      const args = ["rank", "--jsonl", url, path("other"), "--out=/dev/null", "--resume"];
      const { code, stderr } = await runProgram(args);

      assert.equal(code, 2);
      assert.match(stderr, /^error: --out must be a file with --resume, got: `\/dev\/null`/);
    });

    test("begins anew where the output was written without it in between", async (context) => {
      const { url } = await startServer(context);
      const run = (...args: readonly string[]) =>
        runProgram([
          ...["rank", "--jsonl", `--url=${url}`, path("anew"), `--out=${path("n")}`],
          ...args,
        ]);
      await writeFile(path("anew"), linesOf({ query: "q", documents: ["a", "ab"] }));
      await run("--resume", "--top-n=1");
      const whole = await readFile(path("n"), "utf8");

      await run();
      assert.notEqual(await readFile(path("n"), "utf8"), whole);
      const { code, stderr } = await run("--resume", "--top-n=1");
      assert.equal(code, 0, stderr);
      assert.equal(await readFile(path("n"), "utf8"), whole);
    });

    test("keeps what was ranked when it is told to stop", async (context) => {
      const { url, reranker } = await startServer(context);
      const stop = new AbortController();
      const stdin = linesOf(
        { id: 1, query: "q", documents: ["a"] },
        { id: 2, query: "hold", documents: ["a"] },
        { id: 3, query: "q", documents: ["a"] },
      );
      const args = ["rank", "--jsonl", `--url=${url}`, `--out=${path("stopped")}`, "--resume"];
      const running = runProgram(args, { stdin, stop: stop.signal });
      await reranker.until(() => reranker.held.length === 1 && reranker.requests.length === 3);
      setTimeout(() => stop.abort(), 200);
      const { code, stderr } = await running;

      assert.deepEqual([code, stderr], [1, "error: stopped before it was done\n"]);
      const releasing = setInterval(() => reranker.releaseAll(), 5);
      assert.equal((await runProgram(args, { stdin })).code, 0);
      clearInterval(releasing);
      assert.deepEqual(
        jsonLines(await readFile(path("stopped"), "utf8")).map(({ id }) => id),
        [1, 2, 3],
      );
    });
  });
});
