import assert from "node:assert/strict";
import { resolve } from "node:path";
import { suite, test } from "node:test";
import { parseEvalConfig } from "../../src/config/eval-config.ts";
import { parseHealthConfig, type ReadServerArguments } from "../../src/config/health-config.ts";
import { parseRankConfig } from "../../src/config/rank-config.ts";
import { configOf, problemsOf } from "./parsed.ts";

suite("parseRankConfig()", () => {
  test("needs a query and nothing else", () => {
    const config = configOf(parseRankConfig(["-q", "red fruit"], {}));

    assert(config.query !== undefined);
    assert.deepEqual(
      [config.query, config.file, config.inputFormat, config.outputFormat, config.longDocuments],
      ["red fruit", undefined, "auto", "auto", "truncate"],
    );
    assert.deepEqual([config.server, config.rawScores, config.topN], [undefined, false, undefined]);
    assert.equal(config.engine.modelId, undefined);
  });

  test("takes its options, the model's, and the server from the environment", () => {
    const config = configOf(
      parseRankConfig(
        [
          "notes.txt",
          "--query=-1 degree",
          "--top-n=3",
          "--score-threshold",
          "-2.5",
          "--raw-scores",
          "--jsonl",
          "--json",
          "--long-documents=windows",
          "--dtype=fp32",
        ],
        { RERANKER_URL: "http://127.0.0.1:1", RERANKER_THREADS: "2" },
      ),
    );

    assert(config.query !== undefined);
    assert.deepEqual(
      [config.file, config.query, config.topN, config.scoreThreshold, config.rawScores],
      ["notes.txt", "-1 degree", 3, -2.5, true],
    );
    assert.deepEqual(
      [config.inputFormat, config.outputFormat, config.longDocuments, config.server],
      ["jsonl", "json", "windows", { url: "http://127.0.0.1:1", model: undefined, tls: undefined }],
    );
    assert.deepEqual([config.engine.dtype, config.engine.threads], ["fp32", 2]);
  });

  test("asks a server for the model of the flag, or of the variable as the client reads it", () => {
    const modelOf = (argv: readonly string[], env: Record<string, string>) =>
      configOf(parseRankConfig(["-q", "a", "--url=http://a", ...argv], env)).server?.model;

    assert.equal(modelOf(["--model=small"], { RERANKER_MODEL: "large" }), "small");
    assert.equal(modelOf(["--model-id=bundled"], {}), "bundled");
    assert.equal(modelOf([], { RERANKER_MODEL: "owner/name" }), "owner/name");
    for (const env of [
      {},
      { MODEL_ID: "owner/name" },
      { RERANKER_MODEL: "bundled" },
      { RERANKER_MODEL: "./folder" },
      { RERANKER_MODEL: "small=bundled" },
      { RERANKER_MODEL: "owner/name,owner/other" },
    ]) {
      assert.equal(modelOf([], env), undefined, JSON.stringify(env));
    }
  });

  test("takes `-` for a file", () => {
    assert.equal(configOf(parseRankConfig(["-q", "a", "-"], {})).file, "-");
  });

  for (const [title, argv, expected] of [
    ["a missing query", ["a.txt"], /^--query is missing/],
    ["an empty query", ["-q", ""], /^--query must not be empty$/],
    ["two files", ["-q", "a", "b", "c"], /^`rank` takes one file, got: 2$/],
    ["two formats", ["-q", "a", "--jsonl", "--lines"], /exclude each other/],
    ["two outputs", ["-q", "a", "--json", "--table"], /exclude each other/],
    ["a value of a flag", ["-q", "a", "--json=no"], /^--json takes no value$/],
    ["a threshold that is no number", ["-q", "a", "--score-threshold=x"], /must be a number, got/],
    ["no results", ["-q", "a", "--top-n=0"], /^--top-n must be a whole number from 1 to/],
    [
      "an address of another kind",
      ["-q", "a", "--url=ftp://h"],
      /^--url must be `http` or `https`/,
    ],
    ["two schemes", ["-q", "a", "--url=http://a,https://b"], /^--url must have one scheme/],
    ["half a certificate", ["-q", "a", "--tls-client-key=k"], /^--tls-client-cert and/],
    ["an option of `serve`", ["-q", "a", "--port=1"], /^--port is not an option of `rank`$/],
    ["a setting of lists beside a query", ["-q", "a", "--resume"], /^--resume is for lists/],
    ["a table of lists", ["--jsonl", "--table"], /^--table needs --query/],
    ["a page of lists", ["--jsonl", "--html=a"], /^--html needs --query/],
    ["nothing to resume", ["--jsonl", "--resume"], /^--resume needs --out/],
    [
      "an order that cannot be resumed",
      ["--jsonl", "--resume", "--out=a", "--unordered"],
      /^--resume and --unordered exclude each other$/,
    ],
    ["one file for two things", ["--jsonl", "--out=a", "--errors=a"], /must be different files/],
    [
      "the batches of a server",
      ["--jsonl", "--reproducible=on", "--url=http://a"],
      /^--reproducible on and --url exclude each other: start the server with --max-batch-tokens 1$/,
    ],
  ] as const) {
    test(`refuses ${title}`, () => {
      const [first, ...more] = problemsOf(() => parseRankConfig(argv, {}));
      assert.match(first ?? "", expected);
      assert.deepEqual(more, []);
    });
  }

  test("takes lists where --jsonl has no query", () => {
    const config = configOf(parseRankConfig(["--jsonl", "lists.jsonl", "--top-n=2"], {}));

    assert(config.query === undefined);
    assert.deepEqual(
      [config.file, config.topN, config.out, config.errors, config.ordered, config.resume],
      ["lists.jsonl", 2, undefined, undefined, true, false],
    );
    assert.equal(config.maxLineBytes, 32 * 2 ** 20);
  });

  test("computes pairs alone where a run is resumed or asked to be reproducible", () => {
    const batchOf = (...argv: string[]) =>
      configOf(parseRankConfig(["--jsonl", ...argv], {})).engine.maxBatchTokens;

    assert.equal(batchOf(), undefined);
    assert.equal(batchOf("--reproducible=on"), 1);
    assert.equal(batchOf("--resume", "--out=a"), 1);
    assert.equal(batchOf("--resume", "--out=a", "--reproducible=off"), undefined);
  });

  test("repeats no password of an address", () => {
    const [problem] = problemsOf(() => parseRankConfig(["-q", "a", "--url=http://u:secret@h"], {}));

    assert.doesNotMatch(problem ?? "", /secret/);
  });
});

suite("parseHealthConfig()", () => {
  const health = (argv: readonly string[], env = {}, words?: ReadServerArguments) =>
    configOf(parseHealthConfig(argv, env, words));

  test("asks the port that `serve` would take, for 3 seconds", () => {
    assert.deepEqual(health([]), {
      urls: ["http://127.0.0.1:7998"],
      clientTls: undefined,
      ownTls: undefined,
      isNamed: false,
      timeoutMs: 3000,
      json: false,
    });
    assert.deepEqual(health([], { PORT: "81" }).urls, ["http://127.0.0.1:81"]);
  });

  test("asks where `serve` would listen with the same flags and environment", () => {
    const tls = { RERANKER_TLS_CERT: "c", RERANKER_TLS_KEY: "k", RERANKER_TLS_CLIENT_CA: "a" };

    assert.deepEqual(health([], { RERANKER_HOST: "0.0.0.0" }).urls, ["http://127.0.0.1:7998"]);
    assert.deepEqual(health(["--host=::"]).urls, ["http://[::1]:7998"]);
    assert.deepEqual(health(["--host=10.1.2.3", "--port=1"]).urls, ["http://10.1.2.3:1"]);
    assert.deepEqual(health([], tls).urls, ["https://127.0.0.1:7998"]);
    assert.deepEqual(health([], tls).ownTls, { certPath: "c", keyPath: "k", clientCaPath: "a" });
    assert.deepEqual(health(["--unix-socket=/s"], { PORT: "1" }).urls, ["unix:/s"]);
    assert.deepEqual(health(["--unix-socket=s"]).urls, [`unix:${resolve("s")}`]);
  });

  test("asks where the flags of a process say that it listens", () => {
    const env = { RERANKER_URL: "http://elsewhere:1", PORT: "2", RERANKER_HOST: "0.0.0.0" };
    const words = ["--port", "9000", "--tls-cert=c", "--tls-key=k"];

    const told = health(["--pid=1"], env, (pid) => (pid === 1 ? words : undefined));
    assert.deepEqual([told.urls, told.isNamed], [["https://127.0.0.1:9000"], false]);
    assert.deepEqual(told.ownTls, { certPath: "c", keyPath: "k", clientCaPath: undefined });
    const untold = health(["--pid=1"], env, () => undefined);
    assert.deepEqual(untold.urls, ["http://127.0.0.1:2"]);
  });

  test("prefers an address, or several, read as the client library reads them", () => {
    const env = { RERANKER_URL: "https://a:1", PORT: "2", RERANKER_TLS_CA: "ca" };

    assert.deepEqual(health([], env).urls, ["https://a:1"]);
    assert.deepEqual(health([], env).clientTls?.caPath, "ca");
    assert.deepEqual(health(["--url=http://b:3"], env).clientTls, undefined);
    assert.deepEqual(health(["--url=a:1, http://b:2,"]).urls, ["http://a:1", "http://b:2"]);
    assert.deepEqual(health(["--url=unix:/s"]).urls, ["unix:/s"]);
  });

  test("refuses an argument, and a process beside an address", () => {
    assert.deepEqual(
      problemsOf(() => parseHealthConfig(["now"], {})),
      ["`health` takes no argument, got: `now`"],
    );
    assert.deepEqual(
      problemsOf(() => parseHealthConfig(["--pid=1", "--url=a"], {})),
      ["--pid and --url exclude each other"],
    );
  });
});

suite("parseEvalConfig()", () => {
  test("takes lists", () => {
    const config = configOf(parseEvalConfig(["a.jsonl", "b.gz", "--limit=9", "--out=o"], {}));

    assert.deepEqual(
      [config.files, config.runFiles, config.limit, config.depth, config.out],
      [["a.jsonl", "b.gz"], undefined, 9, undefined, "o"],
    );
  });

  test("takes a run with all that belongs to it", () => {
    const argv = ["--run=r", "--qrels=q", "--queries=t", "--corpus=c", "--depth=100"];
    const config = configOf(parseEvalConfig(argv, {}));

    assert.deepEqual(config.runFiles, { run: "r", qrels: "q", queries: "t", corpus: "c" });
    assert.equal(config.depth, 100);
  });

  for (const [title, argv, expected] of [
    ["nothing", [], /takes files of labelled lists, a run with --run, or .* --parity, got: none/],
    ["a folder and lists", ["--parity", "m", "list.jsonl"], /--parity takes no labelled lists/],
    [
      "a folder and a server",
      ["--parity", "m", "--url", "a:1"],
      /--parity runs the model .* no --url/,
    ],
    ["lists beside a run", ["a", "--run=r"], /labelled lists and --run exclude each other/],
    ["a run without judgments", ["--run=r", "--queries=t", "--corpus=c"], /go together/],
  ] as const) {
    test(`refuses ${title}`, () => {
      const [first, ...more] = problemsOf(() => parseEvalConfig(argv, {}));
      assert.match(first ?? "", expected);
      assert.deepEqual(more, []);
    });
  }
});
