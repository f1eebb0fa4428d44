import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, before, suite, test } from "node:test";
import { type RunOptions, runProgram } from "../run-program.ts";
import { startServer } from "../server/start-server.ts";

const notes = [
  "내일 오후 2시에 품질 미팅이 있습니다",
  "오늘 점심은 김치찌개를 먹었다",
  "금요일에 아키텍처 리뷰 회의 예정",
];
const model = ["--model-id=bundled", "--threads=1", "--spinning=off"];
const rank = (args: readonly string[], options: RunOptions = {}) =>
  runProgram(["rank", "-q", "내일 회의 일정", ...model, ...args], options);

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

suite("rerankd rank with the model in the process", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rank-"));
    await writeFile(join(folder, "notes.txt"), notes.join("\n"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  test("writes a page of the ranking beside what it prints", async () => {
    const file = join(folder, "page.html");
    const { code, stdout, stderr } = await rank([
      join(folder, "notes.txt"),
      "--top-n=2",
      `--html=${file}`,
    ]);

    assert.equal(code, 0, stderr);
    assert.equal(jsonLines(stdout).length, 2);
    const page = await readFile(file, "utf8");
    assert.match(page, /Query: <strong dir="auto">내일 회의 일정<\/strong>/);
    assert.match(page, /2 of 3 documents, ranked by rerankd-multilingual-v1/);
    assert.match(page, /<td class="number">2<\/td><td class="number">↑1<\/td>/);
    assert.match(page, /<svg [^>]*role="img"/);
    assert(!page.includes("점심"));
  });

  test("says before it ranks that a page cannot be written", async () => {
    const { code, stderr } = await rank([
      join(folder, "notes.txt"),
      `--html=${join(folder, "none", "page.html")}`,
    ]);

    assert.equal(code, 1);
    assert.match(stderr, /^error: --html cannot be written: /);
  });

  test("prints a table that fits on a terminal", async () => {
    const { code, stdout, stderr } = await rank([join(folder, "notes.txt")], {
      columns: 48,
      env: { NO_COLOR: "1" },
    });

    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    const [head, ...rows] = stdout.trimEnd().split("\n");
    assert.equal(head, "rank  score");
    assert.deepEqual(
      rows.map((row) =>
        row
          .replace(/\d\.\d{3} +[█-▏]*/, "")
          .trim()
          .replace(/ +/, " "),
      ),
      ["1 내일 오후 2시에 품질…", "2 금요일에 아키텍처 리…", "3 오늘 점심은 김치찌개…"],
    );
  });

  test("prints JSON lines into a pipe, with the ids of the input", async () => {
    const stdin = notes.map((text, at) => JSON.stringify({ id: `n${at}`, text })).join("\n");
    const { code, stdout, stderr } = await rank(["--top-n=2"], { stdin });

    assert.equal(code, 0, stderr);
    const lines = jsonLines(stdout);
    assert.deepEqual(
      lines.map(({ rank, index, id, text }) => [rank, index, id, text]),
      [
        [1, 0, "n0", notes[0]],
        [2, 2, "n2", notes[2]],
      ],
    );
    for (const { relevance_score: score } of lines) {
      assert(typeof score === "number" && score > 0 && score < 1);
    }
  });

  test("prints logits, and leaves out what scores less than asked", async () => {
    const all = await rank(["--raw-scores"], { stdin: notes.join("\n") });
    const scores = jsonLines(all.stdout).map(({ relevance_score: score }) => Number(score));
    assert.equal(scores.length, 3);
    assert(scores.some((score) => score < 0));

    const { code, stdout, stderr } = await rank(
      ["--raw-scores", `--score-threshold=${scores[1]}`],
      {
        stdin: notes.join("\n"),
      },
    );

    assert.equal(code, 0, stderr);
    assert.equal(jsonLines(stdout).length, 2);
  });

  test("says under the table what was cut, and marks it in the JSON", async () => {
    const stdin = JSON.stringify(["회의", "일정 ".repeat(2000)]);
    const shown = await rank(["--table", "-"], { stdin });
    const piped = await rank(["-"], { stdin });

    assert.match(
      shown.stderr,
      /^note: 1 of 2 results were cut to fit the model; `--long-documents/,
    );
    assert.equal(piped.stderr, "");
    const cut = jsonLines(piped.stdout).map(({ index, truncated }) => [index, truncated]);
    assert.deepEqual(cut.sort(), [
      [0, undefined],
      [1, true],
    ]);
  });

  test("takes a reader that has gone for no fault", async () => {
    const { code, stderr } = await rank([], { stdin: "a\nb", closedStdout: true });

    assert.deepEqual([code, stderr], [0, ""]);
  });
});

suite("rerankd rank", () => {
  for (const { title, args, options, code, error } of [
    {
      title: "no query",
      args: ["rank", "notes.txt"],
      options: {},
      code: 2,
      error: /^error: --query is missing/,
    },
    {
      title: "a terminal for an input",
      args: ["rank", "-q", "a"],
      options: {},
      code: 2,
      error: /^error: a FILE is missing, or `-`/,
    },
    {
      title: "an empty input",
      args: ["rank", "-q", "a"],
      options: { stdin: "\n" },
      code: 1,
      error: /^error: the standard input holds no document\n\nhint: /,
    },
    {
      title: "bytes that are no text",
      args: ["rank", "-q", "a", "-"],
      options: { stdin: Uint8Array.of(0, 1, 2) },
      code: 1,
      error: /^error: the standard input is not text: it has a NUL character/,
    },
    {
      title: "a file that is not there",
      args: ["rank", "-q", "a", "/nonexistent/notes"],
      options: {},
      code: 1,
      error: /^error: \/nonexistent\/notes cannot be read: it does not exist/,
    },
    {
      title: "a folder",
      args: ["rank", "-q", "a", "/"],
      options: {},
      code: 1,
      error: /cannot be read: it is a folder/,
    },
    {
      title: "a model that is not there",
      args: ["rank", "-q", "a", "--model-id=./no/such"],
      options: { stdin: "a" },
      code: 1,
      error: /does not exist/,
    },
    {
      title: "a query that is too long",
      args: ["rank", "-q", "a".repeat(40_000), ...model],
      options: { stdin: "a" },
      code: 1,
      error: /^error: invalid_argument: `query` must have at most 32768 characters, got: 40000/,
    },
  ] as const) {
    test(`ends with status ${code} and a plain error for ${title}`, async () => {
      const result = await runProgram(args, options);

      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, error);
      assert.equal(result.stdout, "");
      assert.doesNotMatch(result.stderr, /^\s+at /m);
    });
  }

  test("stops reading an input that never ends when it is told to", async () => {
    const stop = new AbortController();
    const running = runProgram(["rank", "-q", "a"], {
      stdin: new PassThrough(),
      stop: stop.signal,
    });
    stop.abort();

    const { code, stderr } = await running;

    assert.deepEqual([code, stderr], [1, "error: stopped before it was done\n"]);
  });
});

suite("rerankd rank --url", () => {
  test("asks a server", async (context) => {
    const { url, reranker } = await startServer(context);
    const { code, stdout, stderr } = await runProgram(
      ["rank", "-q", "red", `--url=${url}`, "--top-n=2"],
      { stdin: "a\nabc\nab" },
    );

    assert.equal(code, 0, stderr);
    assert.deepEqual(
      jsonLines(stdout).map(({ index, text }) => [index, text]),
      [
        [1, "abc"],
        [2, "ab"],
      ],
    );
    assert.deepEqual(reranker.requests[0]?.documents, ["a", "abc", "ab"]);
    assert.equal(reranker.requests[0]?.topN, 2);
  });

  test("leaves the threshold to the server, which compares what it scored", async (context) => {
    const { url, reranker } = await startServer(context);
    const args = ["rank", "-q", "red", `--url=${url}`, "--score-threshold=0.1"];

    const { code, stderr } = await runProgram(args, { stdin: "a" });

    assert.equal(code, 0, stderr);
    assert.equal(reranker.requests[0]?.scoreThreshold, Math.fround(0.1));
  });

  test("prints the server's error", async (context) => {
    const { url } = await startServer(context);
    const { code, stderr } = await runProgram(["rank", "-q", "loading", `--url=${url}`], {
      stdin: "a",
    });

    assert.equal(code, 1);
    assert.match(stderr, /^error: unavailable: .*the model is loading/);
  });

  test("ends when it is told to while the server computes", async (context) => {
    const { url, reranker } = await startServer(context);
    const stop = new AbortController();
    const running = runProgram(["rank", "-q", "hold", `--url=${url}`], {
      stdin: "a",
      stop: stop.signal,
    });
    await reranker.until(() => reranker.held.length === 1);
    stop.abort();

    const { code, stderr } = await running;

    assert.deepEqual([code, stderr], [1, "error: stopped before it was done\n"]);
    await reranker.until(() => reranker.held.length === 0);
  });
});
