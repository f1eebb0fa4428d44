import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import {
  type FigureResult,
  mergeFigures,
  readResults,
  writeResults,
} from "../../../bench/report/results.ts";

const load = { figure: "load_vs_bare", model: "base", dtype: "int8", protocol: "http" };

suite("mergeFigures()", () => {
  test("replaces an older measurement of the same thing and keeps the others", () => {
    const older = [
      { ...load, ratio: 0.5 },
      { ...load, dtype: "fp32", ratio: 0.6 },
    ];
    assert.deepEqual(mergeFigures<FigureResult>(older, [{ ...load, ratio: 0.9 }]), [
      { ...load, ratio: 0.9 },
      { ...load, dtype: "fp32", ratio: 0.6 },
    ]);
  });

  test("keeps the length of the documents of each machine", () => {
    const corpus = { figure: "corpus", model: "base", documents: 80 };
    const rows: FigureResult[] = ["A", "B"].map((cpu) => ({
      ...corpus,
      environment: { cpu, cores: 2, memory_gb: 8, platform: "linux x64", versions: {} },
    }));
    assert.deepEqual(mergeFigures(rows.slice(0, 1), rows.slice(1)), rows);
  });
});

suite("readResults() and writeResults()", () => {
  test("keep results, one on a line", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "rerankd-results-"));
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "below", "results.json");
    const figures = [
      { ...load, ratio: 0.5 },
      { ...load, dtype: "fp32", ratio: null },
    ];
    assert.deepEqual(await readResults(path), []);
    await writeResults(path, figures);
    assert.deepEqual(await readResults(path), figures);
    assert.equal((await readFile(path, "utf8")).split("\n").length, 5);
  });
});
