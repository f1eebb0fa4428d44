import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type FigureResult, mergeFigures } from "../../../bench/report/results.ts";
import {
  agreementTable,
  contestTable,
  coresTable,
  goalsTable,
  lengthsTable,
  markdownTable,
  offlineEnginesTable,
  offlineTable,
  peersTable,
  resourcesTable,
} from "../../../bench/report/tables.ts";
import { machineA, machineB } from "./recorded.ts";

suite("markdownTable()", () => {
  const columns = [
    ["name", ({ figure }: FigureResult) => figure],
    ["value, ms", ({ value }: FigureResult) => value],
  ] as const;

  test("is undefined without rows", () => {
    assert.equal(markdownTable([], columns), undefined);
    assert.equal(goalsTable([]), undefined);
  });

  test("puts numbers to the right and a dash where there is no value", () => {
    const rows: FigureResult[] = [
      { figure: "a", model: "base", value: 1234.5678 },
      { figure: "b", model: "base" },
    ];
    assert.equal(
      markdownTable(rows, columns),
      ["| name | value, ms |", "| --- | ---: |", "| a | 1,234.57 |", "| b | – |"].join("\n"),
    );
  });

  test("puts rows of several machines together, and names each row's", () => {
    const rows: FigureResult[] = [
      { figure: "a", model: "base", value: 1, environment: machineA },
      { figure: "b", model: "base", value: 2, environment: machineB },
      { figure: "c", model: "base", value: 3, environment: machineA },
    ];
    assert.equal(
      markdownTable(rows, columns),
      [
        "| name | value, ms | machine |",
        "| --- | ---: | --- |",
        "| a | 1 | A, 2 cores, 8 GB |",
        "| c | 3 | A, 2 cores, 8 GB |",
        "| b | 2 | B, 4 cores, 8 GB |",
      ].join("\n"),
    );
  });
});

suite("goalsTable()", () => {
  test("says where each figure was measured, if on several machines", () => {
    const row = { figure: "mixed", model: "base", dtype: "int8", ratio: 1.5 };
    const rows = [
      { ...row, environment: machineA },
      { ...row, model: "bundled", environment: machineB },
    ];
    const lines = goalsTable(rows)?.split("\n") ?? [];
    assert.match(lines[0] ?? "", /reached \| machine \|$/);
    assert.match(lines[2] ?? "", /base, int8 .* 1.5 .* A, 2 cores, 8 GB \|$/);
    assert.match(lines[3] ?? "", /bundled, int8 .* 1.5 .* B, 4 cores, 8 GB \|$/);
  });
});

suite("peersTable()", () => {
  const row = {
    figure: "peers",
    model: "base",
    dtype: "fp32",
    contender: "llama.cpp f32",
    documents_per_second: 2,
    min_documents_per_second: 1.8,
    max_documents_per_second: 2.2,
    short_ms: 900,
    min_short_ms: 850,
    max_short_ms: 950,
    large_s: 50,
    min_large_s: 49,
    max_large_s: 51,
    max_difference: 0.4,
    max_difference_of_fp32: 0.4,
    left_out: null,
  };
  const out = {
    figure: "peers",
    model: "base",
    dtype: "int8",
    contender: "TEI",
    left_out: "not built",
  };

  const tableOf = (rows: readonly FigureResult[]) => peersTable(rows) ?? assert.fail("no table");

  test("has the slowest and the fastest round, and the difference of scores", () => {
    const faster = { ...row, contender: "rerankd fp32", documents_per_second: 4 };
    const int8 = { ...row, dtype: "int8", contender: "rerankd int8", documents_per_second: 3 };
    const [heading, , ...lines] = tableOf([row, int8, faster]).split("\n");
    assert.match(heading ?? "", /documents\/s .* largest difference of a logit/);
    assert.deepEqual(
      lines.map((line) => line.split(" | ")[0]),
      ["| rerankd fp32", "| llama.cpp f32", "| rerankd int8"],
    );
    assert.ok(lines[1]?.includes("| 2 | 1.8 to 2.2 | 900 | 850 to 950 | 50 | 49 to 51 | 0.4 |"));
  });

  test("names each contender that was left out, with the reason, and no row for it", () => {
    const table = tableOf([row, out]);
    assert.ok(table.endsWith("\n\nLeft out:\n\n- TEI, base: not built"));
    assert.doesNotMatch(table, /\| TEI/);
  });

  test("drops the reason once the contender was measured", () => {
    const measured = { ...row, contender: "TEI", dtype: "int8" };
    assert.doesNotMatch(tableOf(mergeFigures<FigureResult>([out], [measured])), /Left out/);
  });

  test("is only reasons where every contender was left out, and nothing without results", () => {
    assert.equal(peersTable([out]), "Left out:\n\n- TEI, base: not built");
    assert.equal(peersTable([]), undefined);
  });

  test("names the machine of each reason where there are several", () => {
    const table = tableOf([
      { ...row, environment: machineA },
      { ...out, environment: machineB },
    ]);
    assert.ok(table.endsWith("- TEI, base, B, 4 cores, 8 GB: not built"));
  });
});

suite("every table of rows with a model", () => {
  test("names it, so that rows of two models can be told apart", () => {
    const row = { figure: "", dtype: "int8", contender: "rerankd int8", point: "1×1" };
    const tables = {
      agreement: agreementTable,
      contest: contestTable,
      cores: coresTable,
      lengths: lengthsTable,
      offline: offlineTable,
      offline_engines: offlineEnginesTable,
      peers: peersTable,
      resources: resourcesTable,
    };
    for (const [figure, table] of Object.entries(tables)) {
      const rows = ["base", "bundled"].map((model) => ({ ...row, figure, model }));
      const [, , ...lines] = table(rows)?.split("\n") ?? [];
      assert.equal(lines.length, 2, figure);
      assert.match(lines[0] ?? "", /\| base /, figure);
      assert.match(lines[1] ?? "", /\| bundled /, figure);
    }
  });
});
