import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { getHeapStatistics } from "node:v8";
import { returnMemory } from "../src/return-memory.ts";

/** What a list of many small arrays takes, at the least: an array and its two cells each. */
const entries = 200_000;
const leastBytes = entries * 32;

/** Fills the heap with what nothing refers to any more. */
function makeGarbage(): number {
  const text = JSON.stringify(Array.from({ length: entries }, (_, id) => [`piece ${id}`, -id / 7]));
  return (JSON.parse(text) as unknown[]).length;
}

suite("returnMemory()", () => {
  test("makes the heap of the thread smaller by its garbage", async () => {
    makeGarbage();
    const before = getHeapStatistics();

    await returnMemory();
    const after = getHeapStatistics();

    const usedLess = before.used_heap_size - after.used_heap_size;
    const pagesLess = before.total_physical_size - after.total_physical_size;
    assert(usedLess > leastBytes, `the garbage takes ${usedLess} bytes less`);
    assert(pagesLess > leastBytes, `the pages take ${pagesLess} bytes less`);
  });

  test("can be called again and at once", async () => {
    await Promise.all([returnMemory(), returnMemory()]);
    await returnMemory();
  });
});
