import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { mapTogether } from "../../src/reranker/map-together.ts";

suite("mapTogether()", () => {
  test("keeps the order and the limit", async () => {
    let active = 0;
    let most = 0;
    const results = await mapTogether([30, 1, 20, 2, 10], 2, async (ms, position) => {
      active += 1;
      most = Math.max(most, active);
      await new Promise((resolve) => setTimeout(resolve, ms));
      active -= 1;
      return `${position}:${ms}`;
    });

    assert.deepEqual(results, ["0:30", "1:1", "2:20", "3:2", "4:10"]);
    assert.equal(most, 2);
    assert.deepEqual(await mapTogether([], 2, async () => 1), []);
  });

  test("begins nothing more after a failure", async () => {
    const begun: number[] = [];
    const failing = mapTogether([0, 1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      await new Promise((resolve) => setImmediate(resolve));
      if (item === 1) throw new Error("broken");
    });

    await assert.rejects(failing, /broken/);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert(begun.length <= 3, begun.join());
  });
});
