import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { machineTable } from "../../../bench/report/machines.ts";
import type { RecordedFigure } from "../../../bench/report/results.ts";
import { machineB, recorded } from "./recorded.ts";

/** Returns the cells of the row with this heading. */
function rowOf(figures: readonly RecordedFigure[], heading: string): string[] {
  const lines = machineTable(figures)?.split("\n") ?? [];
  const line = lines.find((one) => one.startsWith(`| ${heading} |`));
  return (line ?? assert.fail(`there is no row ${heading}`)).split(" | ").slice(1);
}

suite("machineTable()", () => {
  const figures = [
    recorded({ figure: "mixed" }),
    recorded({ figure: "cores", rounds: 3, measured_at: "2026-01-05" }),
    recorded({ figure: "cores", rounds: 3, clients: 8, measured_at: "2026-01-05" }),
    recorded({ figure: "lengths", environment: machineB, threads: 4 }),
  ];

  test("has a column for each machine, with the figures that were measured there", () => {
    assert.deepEqual(rowOf(figures, "what"), ["A, 2 cores, 8 GB", "B, 4 cores, 8 GB |"]);
    assert.deepEqual(rowOf(figures, "figures"), ["`mixed`, `cores`", "`lengths` |"]);
    assert.deepEqual(rowOf(figures, "threads of each contender"), ["2", "4 |"]);
    assert.deepEqual(rowOf(figures, "measured"), ["2026-01-02 to 2026-01-05", "2026-01-02 |"]);
  });

  test("says which figures differ from others of the machine", () => {
    assert.deepEqual(rowOf(figures, "rounds"), ["3; 5 (`mixed`)", "5 |"]);
    const older = recorded({ figure: "rss_mb", model_hash: "bb22" });
    assert.deepEqual(rowOf([older, ...figures], "models"), [
      "base int8 `aa11`; `bb22` (`rss_mb`)",
      "base int8 `aa11` |",
    ]);
  });

  test("names a processor without marks of trade", () => {
    const environment = { ...machineB, cpu: "Intel(R) Xeon(R) Processor" };
    assert.deepEqual(rowOf([recorded({ figure: "mixed", environment })], "what"), [
      "Intel Xeon Processor, 4 cores, 8 GB |",
    ]);
  });

  test("has every version that was measured, once", () => {
    const newer = { ...machineB, versions: { rerankd: "1.1.0", node: "20.0.0" } };
    const row = rowOf(
      [...figures, recorded({ figure: "ready_ms", environment: newer })],
      "versions",
    );
    assert.equal(row[1], "rerankd 1.0.0 and 1.1.0, node 20.0.0 |");
  });

  test("describes the documents of the machine they were measured on", () => {
    const lengths = { mean_tokens: 9, p10_tokens: 1, p50_tokens: 8, p90_tokens: 20 };
    const corpus = recorded({ figure: "corpus", documents: 80, cut_documents: 2, ...lengths });
    const [a, b] = rowOf([...figures, corpus], "corpus");
    assert.match(a ?? "", /^real passages, seed 1; 80 documents of 9 tokens .* 2 of them cut$/);
    assert.equal(b, "real passages, seed 1 |");
  });

  test("is undefined without results", () => {
    assert.equal(machineTable([]), undefined);
  });
});
