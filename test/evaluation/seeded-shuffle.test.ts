import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { seededSample, seededShuffle } from "../../src/evaluation/seeded-shuffle.ts";

suite("seededShuffle()", () => {
  test("is the same in every run and differs by key", () => {
    assert.deepEqual(seededShuffle([1, 2, 3, 4, 5, 6, 7, 8], "q1"), [
      ...seededShuffle([1, 2, 3, 4, 5, 6, 7, 8], "q1"),
    ]);
    assert.notDeepEqual(
      seededShuffle([1, 2, 3, 4, 5, 6, 7, 8], "q1"),
      seededShuffle([1, 2, 3, 4, 5, 6, 7, 8], "q2"),
    );
  });

  test("keeps every item and leaves its argument alone", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.string(), (items, key) => {
        const before = [...items];
        const shuffled = seededShuffle(items, key);
        assert.deepEqual(items, before);
        assert.deepEqual(
          [...shuffled].sort((a, b) => a - b),
          before.sort((a, b) => a - b),
        );
      }),
    );
  });

  test("favours no place", () => {
    const counts = [0, 0, 0, 0];
    for (let key = 0; key < 4000; key += 1) {
      const place = seededShuffle([0, 1, 2, 3], String(key)).indexOf(0);
      counts[place] = (counts[place] ?? 0) + 1;
    }

    // 1000 expected; 200 are more than seven standard deviations.
    for (const count of counts) assert(Math.abs(count - 1000) < 200, counts.join(" "));
  });
});

suite("seededSample()", () => {
  test("keeps the order, and a smaller sample is part of a larger one", () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), fc.nat(50), (size, a, b) => {
        const items = [...Array(size).keys()];
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        const [small, large] = [seededSample(items, less, "k"), seededSample(items, more, "k")];
        assert.equal(small.length, Math.min(less, size));
        assert.deepEqual(
          small,
          [...small].sort((x, y) => x - y),
        );
        assert(small.every((item) => large.includes(item)));
      }),
    );
  });
});
