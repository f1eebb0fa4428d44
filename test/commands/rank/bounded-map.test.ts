import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { boundedMap } from "../../../src/commands/rank/bounded-map.ts";

/** Work that a test ends by hand. */
function createWork() {
  const started: number[] = [];
  const open = new Map<number, { resolve(value: string): void; reject(error: unknown): void }>();
  return {
    started,
    work(item: number): Promise<string> {
      started.push(item);
      return new Promise((resolve, reject) => open.set(item, { resolve, reject }));
    },
    end: (item: number) => open.get(item)?.resolve(`r${item}`),
    fail: (item: number) => open.get(item)?.reject(new Error(`f${item}`)),
  };
}

async function* numbers(count: number) {
  for (let item = 0; item < count; item += 1) yield item;
}

const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns += 1) await turn();
};

const usual = { sizeOf: () => 1, maxItems: 3, maxSize: 100, ordered: true };

suite("boundedMap()", () => {
  test("hands results out in the order of the items, as many as there are", async () => {
    const { work, end } = createWork();
    const results = boundedMap(numbers(3), { ...usual, work });
    const first = results.next();
    await settled();
    end(1);
    end(0);

    assert.deepEqual((await first).value, ["r0", "r1"]);
    const last = results.next();
    await settled();
    end(2);
    assert.deepEqual((await last).value, ["r2"]);
    assert.equal((await results.next()).done, true);
  });

  test("hands each out when it is there where order does not matter", async () => {
    const { work, end } = createWork();
    const results = boundedMap(numbers(2), { ...usual, ordered: false, work });
    const first = results.next();
    await settled();
    end(1);

    assert.deepEqual((await first).value, ["r1"]);
  });

  test("takes no more items than have room, also those that wait for an earlier one", async () => {
    const { work, end, started } = createWork();
    const results = boundedMap(numbers(10), { ...usual, work });
    const first = results.next();
    await settled();
    assert.deepEqual(started, [0, 1, 2]);
    end(1);
    end(2);
    await settled();
    assert.deepEqual(started, [0, 1, 2]);

    end(0);
    await first;
    await settled();
    // Nobody has asked for more.
    assert.deepEqual(started, [0, 1, 2]);
    void results.next();
    await settled();
    assert.deepEqual(started, [0, 1, 2, 3, 4, 5]);
  });

  test("takes no more than counts together as allowed, but one at least", async () => {
    const { work, end, started } = createWork();
    const sizeOf = (item: number): number => (item === 2 ? 1_000 : 40);
    const results = boundedMap(numbers(10), { ...usual, sizeOf, work });
    const first = results.next();
    await settled();
    assert.deepEqual(started, [0, 1, 2]);
    for (const item of [0, 1, 2]) end(item);

    assert.equal((await first).value?.length, 3);
  });

  test("throws the first error, after the results before it and none behind it", async () => {
    const { work, end, fail } = createWork();
    const results = boundedMap(numbers(3), { ...usual, work });
    const first = results.next();
    await settled();
    end(2);
    fail(1);
    end(0);

    assert.deepEqual((await first).value, ["r0"]);
    await assert.rejects(results.next(), /f1/);
  });

  test("throws the error of the items", async () => {
    async function* broken() {
      yield 1;
      throw new Error("broken input");
    }
    const results = boundedMap(broken(), { ...usual, work: () => new Promise(() => {}) });

    await assert.rejects(results.next(), /broken input/);
  });

  test("ends the items where nobody takes further results", async () => {
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield 1;
      } finally {
        ended = true;
      }
    }
    for await (const _ of boundedMap(endless(), { ...usual, work: async () => "r" })) break;

    assert(ended);
  });
});
