import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { runProgram } from "../run-program.ts";
import { startServer } from "../server/start-server.ts";

/** The fake server ranks by length, so the relevant text is first where it is the longest. */
const list = [
  {
    qid: "q1",
    query: "red",
    all_rel: [1],
    cands: [
      { id: "a", text: "blue car", rel: 0, score: 3 },
      { id: "b", text: "green tree here", rel: 0, score: 2 },
      { id: "c", text: "the red apple of old", rel: 1, score: 1 },
    ],
  },
  {
    qid: "q2",
    query: "blue",
    all_rel: [1, 1],
    cands: [
      { id: "a", text: "blue car", rel: 1, score: 3 },
      { id: "b", text: "green tree here", rel: 0, score: 2 },
    ],
  },
  { qid: "q3", query: "none", cands: [{ id: "a", text: "blue car", rel: 0, score: 1 }] },
];

/** nDCG of a single relevant text in the second place. */
const second = 1 / Math.log2(3);
/** nDCG of one of two relevant texts, in the first and in the second place. */
const halfFirst = 1 / (1 + second);
const halfSecond = second / (1 + second);

function near(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}

suite("rerankd eval", () => {
  let folder = "";
  const path = (name: string): string => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "eval-"));
    const lines = list.map((query) => JSON.stringify(query)).join("\n");
    await writeFile(path("list.jsonl"), lines);
    await writeFile(path("packed.jsonl.gz"), gzipSync(lines));
    await writeFile(path("run.trec"), "q1 Q0 a 1 3 x\nq1 Q0 b 2 2 x\nq1 Q0 c 3 1 x\n");
    await writeFile(path("test.tsv"), "query-id\tcorpus-id\tscore\nq1\tc\t1\nq1\tz\t2\n");
    await writeFile(path("queries.jsonl"), '{"_id":"q1","text":"red"}\n');
    await writeFile(
      path("corpus.tsv"),
      list[0]?.cands.map(({ id, text }) => `${id}\t${text}\n`).join("") ?? "",
    );
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  test("writes no run with a query or a candidate twice", async () => {
    const [first] = list;
    const [cand] = first?.cands ?? [];
    const twice = { ...first, cands: [...(first?.cands ?? []), cand] };
    await writeFile(path("queries-twice.jsonl"), `${JSON.stringify(first)}\n`.repeat(2));
    await writeFile(path("twice.jsonl"), JSON.stringify(twice));
    for (const [name, problem] of [
      ["queries-twice.jsonl", "the query `q1` of queries-twice twice"],
      ["twice.jsonl", "the candidate `a` of the query `q1` of twice twice"],
    ] as const) {
      const args = [path(name), `--out=${path("o")}`, "--url=http://127.0.0.1:1"];
      const { code, stderr } = await runProgram(["eval", ...args]);

      assert.deepEqual([code, stderr], [1, `error: --out cannot hold ${problem}\n`]);
    }
  });

  test("does not write over what it reads", async () => {
    const before = await readFile(path("list.jsonl"), "utf8");
    const run = ["run.trec", "test.tsv", "queries.jsonl", "corpus.tsv"].map(path);
    const runArgs = ["run", "qrels", "queries", "corpus"].map((flag, at) => `--${flag}=${run[at]}`);
    const list = path("list.jsonl");
    for (const args of [
      [list, `--html=${list}`],
      [list, `--out=${list}`],
      [...runArgs, `--out=${folder}/./run.trec`],
      [list, `--out=${path("new")}`, `--html=${path("new")}`],
      ["--compare", list, list, `--html=${list}`],
    ]) {
      const { code, stderr } = await runProgram(["eval", ...args, "--url=http://127.0.0.1:1"]);

      assert.equal(code, 2, args.join(" "));
      assert.match(stderr, /^error: --\w+ and .* must be different files/);
    }
    assert.equal(await readFile(list, "utf8"), before);
  });

  test("measures lists against a server, and averages over lists", async (context) => {
    const { url } = await startServer(context);
    const { code, stdout, stderr } = await runProgram([
      "eval",
      path("list.jsonl"),
      path("packed.jsonl.gz"),
      `--url=${url}`,
      "--json",
    ]);

    assert.equal(code, 0, stderr);
    const { model, lists, mean } = JSON.parse(stdout);
    assert.equal(model, "fake-model");
    assert.deepEqual(
      lists.map(({ name, queries, skipped }: Record<string, unknown>) => [name, queries, skipped]),
      [
        ["list", 2, 1],
        ["packed", 2, 1],
      ],
    );
    near(mean.ndcg.input, (0.5 + halfFirst) / 2);
    near(mean.ndcg.bm25, mean.ndcg.input);
    near(mean.ndcg.reranked, (1 + halfSecond) / 2);
    near(mean.mrr.input, (1 / 3 + 1) / 2);
    near(mean.mrr.reranked, (1 + 1 / 2) / 2);
    assert.match(stderr, /^note: list: left out 1: queries that cannot tell/m);
    assert.match(stderr, /^100%: 4 of 4 queries, 0 s left$/m);
  });

  test("prints a table and writes the reranked run", async (context) => {
    const { url } = await startServer(context);
    const out = path("out.trec");
    const { code, stdout, stderr } = await runProgram([
      "eval",
      path("list.jsonl"),
      `--url=${url}`,
      `--out=${out}`,
    ]);

    assert.equal(code, 0, stderr);
    assert.match(stdout, /^list +2 +0\.557 +0\.557 +0\.693 +0\.667 +0\.667 +0\.750$/m);
    const lines = (await readFile(out, "utf8")).trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => line.split(" ").filter((_word, column) => column !== 4)),
      [
        ["q1", "Q0", "c", "1", "fake-model"],
        ["q1", "Q0", "b", "2", "fake-model"],
        ["q1", "Q0", "a", "3", "fake-model"],
        ["q2", "Q0", "b", "1", "fake-model"],
        ["q2", "Q0", "a", "2", "fake-model"],
      ],
    );
    assert(!(await readdir(folder)).some((name) => name.endsWith(".part")));
  });

  test("tells files of one name apart", async (context) => {
    const { url } = await startServer(context);
    const files = [path("list.jsonl"), path("list.jsonl"), path("packed.jsonl.gz")];
    const { code, stdout, stderr } = await runProgram(["eval", ...files, `--url=${url}`, "--json"]);

    assert.equal(code, 0, stderr);
    const { lists } = JSON.parse(stdout);
    assert.deepEqual(
      lists.map(({ name }: { name: string }) => name),
      ["list", "list-2", "packed"],
    );
  });

  test("writes a page with figures, charts and the queries that got worse", async (context) => {
    const { url } = await startServer(context);
    // The fake server ranks by length, so a short relevant text falls behind.
    const queries = ["<b>red</b>", "good"].map((query, at) => ({
      qid: `q${at}`,
      query,
      cands: [
        { id: "a", text: "short </li><script>", rel: at === 0 ? 1 : 0, score: 2 },
        { id: "b", text: "a text that is quite a bit longer", rel: at, score: 1 },
      ],
    }));
    await writeFile(path("worse.jsonl"), queries.map((query) => JSON.stringify(query)).join("\n"));

    const { code, stderr } = await runProgram([
      "eval",
      path("worse.jsonl"),
      `--url=${url}`,
      `--html=${path("report.html")}`,
    ]);

    assert.equal(code, 0, stderr);
    const page = await readFile(path("report.html"), "utf8");
    assert.match(page, /<h1>fake-model on worse<\/h1>/);
    assert.equal(page.match(/<svg /g)?.length, 4);
    assert.match(page, /nDCG@10<\/td><td class="number">\d\.\d{3} \(/);
    assert.match(page, /<summary><bdi>&lt;b&gt;red&lt;\/b&gt;<\/bdi>/);
    assert.match(page, /1\.000 → 0\.631/);
    assert.doesNotMatch(page, /<script|<bdi>good/);
    assert(!(await readdir(folder)).some((name) => name.endsWith(".part")));
  });

  test("compares two evaluations with an interval and a paired test", async (context) => {
    const { url } = await startServer(context);
    const { stdout: first } = await runProgram([
      "eval",
      path("list.jsonl"),
      `--url=${url}`,
      "--json",
    ]);
    const report = JSON.parse(first);
    assert.deepEqual(report.lists[0].per_query[0].ranking, ["c", "b", "a"]);
    assert.deepEqual(report.lists[0].per_query[0].documents, [
      { text: "the red apple of old", rel: 1 },
      { text: "green tree here", rel: 0 },
      { text: "blue car", rel: 0 },
    ]);
    report.model = "other";
    report.lists[0].per_query[0].ndcg.reranked = 0.25;
    await writeFile(path("a.json"), first);
    await writeFile(path("b.json"), JSON.stringify(report));
    const files = [path("a.json"), path("b.json")];

    const table = await runProgram(["eval", "--compare", ...files, `--html=${path("two.html")}`]);
    const json = await runProgram(["eval", "--compare", ...files, "--json"]);

    assert.equal(table.code, 0, table.stderr);
    assert.match(table.stdout, /^nDCG@10 of a: fake-model, b: other$/m);
    assert.match(
      table.stdout,
      /^list +2 +0\.693 +0\.318 +-0\.375 +-0\.750 to \+0\.000 +\d\.\d{3}$/m,
    );
    assert.match(table.stdout, /^0 queries better, 1 worse, 1 equal$/m);
    const comparison = JSON.parse(json.stdout);
    near(comparison.mean.difference.mean, -0.375);
    near(comparison.mean.p, 1);
    assert.deepEqual(
      comparison.worse.map(({ id }: { id: string }) => id),
      ["q1"],
    );
    const page = await readFile(path("two.html"), "utf8");
    assert.match(page, /<h1>other against fake-model<\/h1>/);
    assert.match(page, /<summary><bdi>red<\/bdi> .*1\.000 → 0\.250/);
    assert.match(page, /<li class="relevant" dir="auto">the red apple of old<\/li>/);
    assert.match(page, /<li dir="auto">blue car<\/li>/);
  });

  test("compares files whose documents have no texts by their ids", async (context) => {
    const { url } = await startServer(context);
    const { stdout } = await runProgram(["eval", path("list.jsonl"), `--url=${url}`, "--json"]);
    const report = JSON.parse(stdout);
    for (const query of report.lists[0].per_query) delete query.documents;
    await writeFile(path("bare.json"), JSON.stringify(report));
    report.lists[0].per_query[0].ndcg.reranked = 0.25;
    await writeFile(path("bare-worse.json"), JSON.stringify(report));
    report.lists[0].per_query[0].documents = [{ text: "fine", rel: "1" }];
    await writeFile(path("bad.json"), JSON.stringify(report));
    const compare = (second: string) =>
      runProgram([
        "eval",
        "--compare",
        path("bare.json"),
        path(second),
        `--html=${path("ids.html")}`,
      ]);

    const { code, stderr } = await compare("bare-worse.json");
    const { stderr: problem } = await compare("bad.json");

    assert.equal(code, 0, stderr);
    assert.match(await readFile(path("ids.html"), "utf8"), /<li dir="auto">c<\/li>/);
    assert.match(
      problem,
      /lists\[0\]\.per_query\[0\]\.documents\[0\]\.rel must be a number, got: string/,
    );
  });

  test("says which file of a comparison is none, and why", async () => {
    await writeFile(path("broken.json"), '{"model":"m","lists":[{"name":"l","queries":2}]}');
    await writeFile(path("empty.json"), '{"model":"m","lists":[]}');
    const ask = async (...args: string[]) => {
      const { code, stderr } = await runProgram(["eval", "--compare", ...args]);
      return [code, stderr.split("\n")[0]];
    };

    assert.deepEqual(await ask(path("broken.json"), path("empty.json")), [
      1,
      `error: \`${path("broken.json")}\`: lists[0].per_query must be a list, got: undefined`,
    ]);
    assert.deepEqual(await ask(path("empty.json"), path("empty.json")), [
      1,
      `error: \`${path("empty.json")}\` and \`${path("empty.json")}\` have no query in common`,
    ]);
    assert.deepEqual(await ask(path("empty.json")), [
      2,
      "error: --compare takes two files, got: 1",
    ]);
    assert.deepEqual(await ask("a", "b", "--out=c"), [
      2,
      "error: --compare and --out exclude each other",
    ]);
  });

  test("measures a TREC run with judgments, queries and documents of BEIR", async (context) => {
    const { url } = await startServer(context);
    const { code, stdout, stderr } = await runProgram([
      "eval",
      `--run=${path("run.trec")}`,
      `--qrels=${path("test.tsv")}`,
      `--queries=${path("queries.jsonl")}`,
      `--corpus=${path("corpus.tsv")}`,
      `--url=${url}`,
      "--json",
    ]);

    assert.equal(code, 0, stderr);
    const { ndcg, mrr } = JSON.parse(stdout).mean;
    // The run lacks the document with label 2.
    near(ndcg.input, 0.5 / (3 + second));
    near(ndcg.bm25, 1 / (3 + second));
    near(ndcg.reranked, 1 / (3 + second));
    assert.deepEqual(mrr, { input: 1 / 3, bm25: 1, reranked: 1 });
  });

  test("takes the same queries for the same limit, and the first candidates", async (context) => {
    const { url, reranker } = await startServer(context);
    const ask = () =>
      runProgram(["eval", path("list.jsonl"), `--url=${url}`, "--limit=1", "--depth=2", "--json"]);

    const [first, again] = [await ask(), await ask()];

    assert.equal(first.code, 0, first.stderr);
    assert.equal(first.stdout, again.stdout);
    assert.equal(JSON.parse(first.stdout).lists[0].queries, 1);
    assert.deepEqual(
      reranker.requests.map(({ documents }) => documents.length),
      [2, 2],
    );
  });

  test("runs the bundled model in the process", async () => {
    const { code, stdout, stderr } = await runProgram([
      "eval",
      path("list.jsonl"),
      "--model-id=bundled",
      "--threads=1",
      "--spinning=off",
      "--json",
    ]);

    assert.equal(code, 0, stderr);
    const { model, mean } = JSON.parse(stdout);
    assert.equal(model, "rerankd-multilingual-v1");
    near(mean.ndcg.input, (0.5 + halfFirst) / 2);
    near(mean.ndcg.reranked, (1 + halfFirst) / 2);
  });

  test("leaves no file behind where a query fails", async (context) => {
    const { url, reranker } = await startServer(context);
    reranker.rerank = async () => {
      throw new TypeError("a bug");
    };
    const { code, stderr } = await runProgram([
      "eval",
      path("list.jsonl"),
      `--url=${url}`,
      `--out=${path("never.trec")}`,
    ]);

    assert.equal(code, 1);
    assert.match(stderr, /^error: internal: /m);
    assert(!(await readdir(folder)).some((name) => name.startsWith("never")));
  });

  for (const { title, args, error } of [
    {
      title: "a list that is not there",
      args: () => [path("no.jsonl")],
      error: /no\.jsonl cannot be read: it does not exist/,
    },
    {
      title: "a line that is no labelled query",
      args: () => [path("queries.jsonl")],
      error: /queries\.jsonl:1: `query` must be a string and `cands` a list/,
    },
    {
      title: "an output that cannot be written",
      args: () => [path("list.jsonl"), `--out=${path("no/run")}`],
      error: /--out cannot be written/,
    },
  ]) {
    test(`ends with status 1 and a plain error for ${title}`, async () => {
      const { code, stdout, stderr } = await runProgram(["eval", ...args()]);

      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, error);
      assert.doesNotMatch(stderr, /^\s+at /m);
    });
  }
});
