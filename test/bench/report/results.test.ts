import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Environment } from "../../../bench/environment.ts";
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
  test("are refused by their path where they are no results", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "results-"));
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "results.json");
    assert.deepEqual(await readResults(path), []);
    for (const [text, reason] of [
      ["[{", "is not JSON"],
      ["{}", "must hold a list of results"],
      ["[null]", "number 1 is not a result"],
      ['[{"figure":"load_vs_bare","model":"base"}]', "number 1 is not a result"],
    ] as const) {
      await writeFile(path, text);
      await assert.rejects(readResults(path), ({ message }: Error) => {
        return message.includes(path) && message.includes(reason);
      });
    }
  });

  test("keep results, one on a line", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "rerankd-results-"));
    t.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "below", "results.json");
    const measured = { measured_at: "2026-01-01T00:00:00.000Z", environment: {} as Environment };
    const figures = [
      { ...load, ...measured, ratio: 0.5 },
      { ...load, ...measured, dtype: "fp32", ratio: null },
    ];
    assert.deepEqual(await readResults(path), []);
    await writeResults(path, figures);
    assert.deepEqual(await readResults(path), figures);
    assert.equal((await readFile(path, "utf8")).split("\n").length, 5);
  });
});
