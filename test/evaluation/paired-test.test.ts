import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { pairedRandomizationTest } from "../../src/evaluation/paired-test.ts";

suite("pairedRandomizationTest()", () => {
  test("gives the exact p value of few differences", () => {
    // Of the 8 choices of signs, two have a sum as far from 0 as that of all ones.
    assert(Math.abs(pairedRandomizationTest([[1, 1, 1]]) - 0.25) < 0.02);
    // Those with three or none of four the same way: 2 of 16; and with 3 to 1: 8 more.
    assert(Math.abs(pairedRandomizationTest([[1, 1, 1, -1]]) - 10 / 16) < 0.02);
  });

  test("is 1 where nothing differs, and least where everything does", () => {
    assert.equal(pairedRandomizationTest([[0, 0, 0]]), 1);
    const all = Array.from({ length: 50 }, () => 0.1);
    assert.equal(pairedRandomizationTest([all]), 1 / 10_001);
  });

  test("takes no side, and gives the same in every run", () => {
    const differences = [[0.1, 0.3, -0.05, 0.2], [0.02]];
    const opposite = differences.map((list) => list.map((value) => -value));

    assert.equal(pairedRandomizationTest(differences), pairedRandomizationTest(differences));
    assert.equal(pairedRandomizationTest(differences), pairedRandomizationTest(opposite));
  });
});
