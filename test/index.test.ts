import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type LoadedReranker,
  loadReranker,
  RerankError,
  type RerankOptions,
  type RerankRequest,
  StartupError,
} from "../src/index.ts";
import { createRecordingLogger } from "./fakes/recording-logger.ts";
import { cleanEnvironment } from "./server-process.ts";

const quick = { model: "bundled", threads: 1, spinning: false, offline: true } as const;
const documents = ["a blue car", "a red apple"];

function isRerankError(code: string, message: RegExp) {
  return (error: unknown) =>
    error instanceof RerankError && error.code === code && message.test(error.message);
}

suite("loadReranker()", () => {
  let reranker: LoadedReranker;
  const logger = createRecordingLogger();
  before(async () => {
    reranker = await loadReranker({ ...quick, logger });
  });
  after(() => reranker.close());

  test("ranks, says what runs, and logs only to the logger that it is given", async () => {
    const { model, results } = await reranker.rerank({ query: "red fruit", documents });

    assert.equal(model, "rerankd-multilingual-v1");
    assert.deepEqual(
      results.map(({ index }) => index),
      [1, 0],
    );
    assert.deepEqual(
      { ...reranker.info },
      {
        model: "rerankd-multilingual-v1",
        device: "cpu",
        dtype: "int8",
        maxLength: 512,
        workers: 1,
        threads: 1,
      },
    );
    assert(logger.lines.some(({ message }) => message === "loading"));
  });

  test("leaves a child process that writes nothing else and ends by itself", async () => {
    const child = fileURLToPath(new URL("fakes/in-process-child.js", import.meta.url));
    const env = cleanEnvironment({ RERANKER_MODEL: "./no/such/model", HF_HOME: "/nonexistent" });
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [child], { env });

    const { info, ...rest } = JSON.parse(stdout);
    assert.equal(stderr, "");
    assert.equal(info.model, "rerankd-multilingual-v1");
    assert.deepEqual(rest, { order: [1, 0], field: "query", telemetry: "1", signals: 0 });
  });

  for (const [title, request, message] of [
    ["no request", undefined, /^`query` must be a string, got: nothing$/],
    [
      "a query that is no text",
      { query: 7, documents },
      /^`query` must be a string, got: a number$/,
    ],
    ["documents that are no list", { query: "a", documents: "b" }, /^`documents` must be a list/],
    [
      "a document that is no text",
      { query: "a", documents: ["b", null] },
      /^`documents\[1\]` must/,
    ],
    [
      "a document that is an object",
      { query: "a", documents: [{ text: "b" }] },
      /^`documents\[0\]` must be a string, got: an object$/,
    ],
    [
      "a model that is no text",
      { query: "a", documents, model: 5 },
      /^`model` must be a string, got: a number$/,
    ],
    [
      "an instruction that is no text",
      { query: "a", documents, instruction: {} },
      /^`instruction` must be a string, got: an object$/,
    ],
    [
      "a word where true or false is meant",
      { query: "a", documents, rawScores: "false" },
      /^`raw_scores` must be a boolean, got: a string$/,
    ],
    [
      "another such word",
      { query: "a", documents, truncate: "no" },
      /^`truncate` must be a boolean, got: a string$/,
    ],
    ["a cut-off below 0", { query: "a", documents, topN: -1 }, /^`top_n` must be a whole number/],
  ] as const) {
    test(`refuses ${title} as every protocol does`, async () => {
      await assert.rejects(
        reranker.rerank(request as unknown as RerankRequest),
        isRerankError("invalid_argument", message),
      );
    });
  }

  test("refuses options of a call that are none", async () => {
    const rerank = (options: unknown) =>
      reranker.rerank({ query: "a", documents }, options as RerankOptions);

    await assert.rejects(
      rerank({ signal: 5 }),
      isRerankError("invalid_argument", /^`signal` must be an AbortSignal, got: a number$/),
    );
    await assert.rejects(
      rerank({ timeoutMs: "5" }),
      isRerankError("invalid_argument", /^`timeoutMs` must be a number above 0, got: `5`$/),
    );
    assert.equal((await rerank(null)).results.length, documents.length);
  });

  test("rejects with `cancelled` or `deadline_exceeded` where the signal says so", async () => {
    const request = { query: "a", documents };

    await assert.rejects(
      reranker.rerank(request, { signal: AbortSignal.abort() }),
      isRerankError("cancelled", /./),
    );
    await assert.rejects(
      reranker.rerank(request, { signal: AbortSignal.abort(new DOMException("", "TimeoutError")) }),
      isRerankError("deadline_exceeded", /./),
    );
  });

  test("rejects with `deadline_exceeded` when its time is over", async () => {
    const many = Array.from({ length: 500 }, (_document, at) => `${at} `.repeat(400));

    await assert.rejects(
      reranker.rerank({ query: "a", documents: many }, { timeoutMs: 1 }),
      isRerankError("deadline_exceeded", /./),
    );
    await assert.rejects(
      reranker.rerank({ query: "a", documents }, { timeoutMs: -1 }),
      isRerankError("invalid_argument", /`timeoutMs` must be a number above 0, got: `-1`/),
    );
    await reranker.rerank({ query: "a", documents }, { timeoutMs: Number.POSITIVE_INFINITY });
  });

  test("is over with `unavailable` once it is closed, also for what is under way", async () => {
    const other = await loadReranker(quick);
    const many = Array.from({ length: 200 }, (_document, at) => `${at} `.repeat(200));
    const running = other.rerank({ query: "a", documents: many });
    const refused = assert.rejects(running, isRerankError("unavailable", /the reranker is closed/));

    await Promise.all([other.close(), other.close()]);

    await refused;
    await assert.rejects(
      other.rerank({ query: "a", documents }),
      isRerankError("unavailable", /the reranker is closed/),
    );
  });

  test("rejects options that cannot be, a model that is not there, and where it is told to", async () => {
    await assert.rejects(
      loadReranker({ ...quick, threads: -1 }),
      isRerankError("invalid_argument", /^`threads` must be a whole number/),
    );
    await assert.rejects(loadReranker({ ...quick, model: "./no/such/model" }), StartupError);
    await assert.rejects(
      loadReranker({ model: "owner/name", offline: true }),
      (error) => error instanceof StartupError && /HF_HUB_OFFLINE/.test(error.message),
    );
    await assert.rejects(
      loadReranker({ ...quick, signal: AbortSignal.abort() }),
      isRerankError("cancelled", /./),
    );
  });
});
