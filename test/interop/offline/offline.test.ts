import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import {
  makeRows,
  processesBelow,
  rankWords,
  readRanked,
  startJob,
  startSparkJob,
} from "./engines.ts";

/** Rows of the data set; NaN where nobody has minutes for it. */
const rows = Number(process.env.OFFLINE_ROWS ?? Number.NaN);
const files = 8;
const skip = Number.isNaN(rows) ? "takes minutes: `npm run test:offline` runs it" : false;

suite("a data set of many rows", { skip }, () => {
  let folder = "";
  const path = (name: string): string => join(folder, name);
  let expected: Awaited<ReturnType<typeof readRanked>> | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rerankd-offline-"));
    await makeRows(path("rows"), rows, files);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  test("is reranked by DuckDB through JSON lines", async () => {
    const job = startJob("duckdb/rerank.py", [
      path("rows/*.parquet"),
      path("duckdb"),
      ...rankWords(),
    ]);
    assert.equal(await job.ended, 0, job.stderr());
    expected = await readRanked(path("duckdb"));

    assert.deepEqual([expected.rows, expected.ids, expected.errors], [rows, rows, 0]);
  });

  test("is reranked by Spark, also where one of two executors is killed", async () => {
    const output = path("spark-output");
    const job = startSparkJob([path("rows"), output, ...rankWords()], { executors: 2, folder });
    const executors = () => processesBelow(job.pid, "CoarseGrainedExecutorBackend");
    let isRunning = true;
    void job.ended.finally(() => {
      isRunning = false;
    });
    // Two partitions are done, and each executor works on another.
    while (isRunning && (await partsOf(output)) < 2) await wait(50);
    const [victim] = executors();
    assert(victim !== undefined, job.stderr());
    process.kill(victim, "SIGKILL");

    assert.equal(await job.ended, 0, job.stderr());
    assert.match(job.stderr(), /Lost executor \d+ on/);
    assert.deepEqual(await readRanked(output), expected);
  });

  test("is reranked by Ray Data with two actors", async () => {
    const job = startJob("ray/rerank.py", [path("rows"), path("ray"), "2", ...rankWords()]);
    assert.equal(await job.ended, 0, job.stderr());

    assert.deepEqual(await readRanked(path("ray")), expected);
  });
});

/** Returns how many files the tasks of a Spark job have finished or begun. */
async function partsOf(output: string): Promise<number> {
  try {
    const names = await readdir(output, { recursive: true });
    return names.filter((name) => /task_[^/]*$/.test(name)).length;
  } catch {
    return 0;
  }
}
