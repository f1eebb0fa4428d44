import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { type RunOptions, runProgram } from "../run-program.ts";
import { packageRoot, type ServerProcess, startServerProcess } from "../server-process.ts";

const fixtures = join(packageRoot, "test/fixtures");
const documents = ["an apple", "a bus", "a red fruit"];
const unknown = /`model` must be one that is served \(`tiny-bert`, `second`\), got: `third`/;

suite("the commands that ask a server of two models", () => {
  let server: ServerProcess;
  let folder = "";
  const path = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "open-ranker-"));
    server = await startServerProcess(
      [`--model-id=${fixtures}/tiny-bert`, `--model-id=second=${fixtures}/tiny-xlm-r`],
      { bundled: false },
    );
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const run = (command: string, args: readonly string[], options: RunOptions = {}) =>
    runProgram([command, `--url=${server.url}`, ...args], options);

  /** What the server itself answers, by index. */
  async function scoresOf(model: string): Promise<readonly number[]> {
    const response = await fetch(`${server.url}/rerank`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "red fruit", documents, model }),
    });
    return scoresByIndex(((await response.json()) as Answer).results);
  }

  test("rank asks for the model that it is told, and else for the first", async () => {
    const rank = async (args: readonly string[], env: Record<string, string> = {}) => {
      const stdin = documents.map((document) => `${document}\n`).join("");
      const argv = ["-q", "red fruit", "--lines", ...args, "-"];
      const { code, stdout, stderr } = await run("rank", argv, { stdin, env });
      return { code, stderr, scores: scoresByIndex(jsonLines(stdout)) };
    };
    const [first, second] = [await scoresOf("tiny-bert"), await scoresOf("second")];
    assert.notDeepEqual(first, second);

    assert.deepEqual((await rank([])).scores, first);
    assert.deepEqual((await rank(["--model=second"])).scores, second);
    assert.deepEqual((await rank(["--model-id=second"])).scores, second);
    assert.deepEqual((await rank([], { RERANKER_MODEL: "second" })).scores, second);
    assert.deepEqual((await rank([], { RERANKER_MODEL: "a,second=b" })).scores, first);
    const refused = await rank(["--model=third"]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, unknown);
  });

  test("rank --jsonl asks for the model of the line before that of the command", async () => {
    const stdin = lines(
      { query: "red fruit", documents },
      { query: "red fruit", documents, model: "tiny-bert" },
      { query: "red fruit", documents, model: "third" },
    );
    const { code, stdout, stderr } = await run("rank", ["--jsonl", "--model=second"], { stdin });

    assert.equal(code, 3);
    assert.match(stderr, unknown);
    assert.deepEqual(
      jsonLines<Answer>(stdout).map(({ results }) => scoresByIndex(results)),
      [await scoresOf("second"), await scoresOf("tiny-bert")],
    );
  });

  test("rank --jsonl ends where the model of the command is not served", async () => {
    const stdin = lines(...Array.from({ length: 200 }, () => ({ query: "q", documents })));
    const { code, stdout, stderr } = await run("rank", ["--jsonl", "--model=third"], { stdin });

    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, unknown);
    assert.equal(stderr.split("\n").filter((line) => unknown.test(line)).length, 1);
  });

  test("rank --jsonl --resume does not go on with another model", async () => {
    await writeFile(path("lists"), lines({ query: "red fruit", documents }));
    const args = ["--jsonl", path("lists"), `--out=${path("ranked")}`, "--resume"];
    const resume = (model: string) => run("rank", [...args, `--model=${model}`]);

    assert.equal((await resume("second")).code, 0);
    const other = await resume("tiny-bert");

    assert.equal(other.code, 1);
    assert.match(other.stderr, /of a run with another model: "second", and now "tiny-bert"/);
    const [list] = jsonLines<Answer>(await readFile(path("ranked"), "utf8"));
    assert.deepEqual(scoresByIndex(list?.results ?? []), await scoresOf("second"));
  });

  test("eval asks for the model that it is told, and says which it measured", async () => {
    const cands = documents.map((text, at) => ({ id: String(at), text, rel: at === 0 ? 1 : 0 }));
    await writeFile(path("list.jsonl"), lines({ qid: "1", query: "red fruit", cands }));
    const evaluate = (...args: string[]) => run("eval", [path("list.jsonl"), "--json", ...args]);

    const first = await evaluate();
    const second = await evaluate("--model=second");
    const refused = await evaluate("--model=third");

    const modelOf = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout).model;
    assert.deepEqual([modelOf(first), modelOf(second)], ["tiny-bert", "second"]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, unknown);
  });
});

interface Answer {
  readonly results: readonly Result[];
}

interface Result {
  readonly index: number;
  readonly relevance_score: number;
}

function scoresByIndex(results: readonly Result[]): readonly number[] {
  return results
    .toSorted((one, other) => one.index - other.index)
    .map(({ relevance_score }) => relevance_score);
}

function jsonLines<Line = Result>(text: string): readonly Line[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

function lines(...values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join("");
}
