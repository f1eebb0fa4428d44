import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { cellsOf, nameOfCell } from "../../../bench/contenders/cells.ts";

suite("cellsOf()", () => {
  for (const [cores, expected] of [
    [1, "1×1"],
    [2, "1×2 1×1 2×1"],
    [3, "1×3 1×1 1×2 2×1 3×1"],
    [4, "1×4 1×1 1×2 2×1 2×2 4×1"],
  ] as const) {
    test(`divides ${cores} cores as ${expected}`, () => {
      assert.equal(cellsOf(cores).map(nameOfCell).join(" "), expected);
    });
  }
});
