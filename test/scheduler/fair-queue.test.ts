import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createFairQueue, type FairQueue } from "../../src/scheduler/fair-queue.ts";

const policy = { maxBatchTokens: 100, runOverheadTokens: 4 };

/** Takes batches until the queue is empty; each as `key:pair` words. */
function drain(queue: FairQueue<string>): string[][] {
  const batches: string[][] = [];
  for (let batch = queue.takeBatch(); batch.length > 0; batch = queue.takeBatch()) {
    batches.push(batch.map(({ key, pair }) => `${key}:${pair}`));
  }
  return batches;
}

suite("createFairQueue()", () => {
  test("takes the longest pairs first and keeps the padded size within the budget", () => {
    const queue = createFairQueue<string>(policy);

    queue.add("a", [20, 50, 49, 18, 48]);

    assert.deepEqual(drain(queue), [["a:1", "a:2"], ["a:4"], ["a:0", "a:3"]]);
  });

  test("takes a pair over the budget alone", () => {
    const queue = createFairQueue<string>(policy);

    queue.add("a", [300, 299]);

    assert.deepEqual(drain(queue), [["a:0"], ["a:1"]]);
  });

  test("leaves a pair to a later batch when padding it costs more than a run", () => {
    const queue = createFairQueue<string>(policy);

    queue.add("a", [10, 14, 9]);

    assert.deepEqual(drain(queue), [["a:1", "a:0"], ["a:2"]]);
  });

  test("fills a batch with pairs of nearly the same length from other requests", () => {
    const queue = createFairQueue<string>(policy);

    queue.add("a", [30]);
    queue.add("b", [80, 29]);
    queue.add("c", [31, 27]);

    assert.deepEqual(drain(queue)[0], ["a:0", "b:1", "c:1"]);
  });

  test("serves a small request within two batches of a large one that came before", () => {
    const queue = createFairQueue<string>(policy);
    queue.add("large", new Array<number>(1000).fill(50));
    queue.takeBatch();

    queue.add("small", [10]);
    const next = [queue.takeBatch(), queue.takeBatch()].flat();

    assert(next.some(({ key }) => key === "small"));
  });

  test("shares tokens evenly between requests of different pair lengths", () => {
    const queue = createFairQueue<string>(policy);
    queue.add("long", new Array<number>(200).fill(100));
    queue.add("short", new Array<number>(2000).fill(10));

    const taken = { long: 0, short: 0 };
    for (let batch = 0; batch < 100; batch += 1) {
      for (const { key } of queue.takeBatch()) {
        if (key === "long") taken.long += 100;
        else taken.short += 10;
      }
    }

    assert(Math.abs(taken.long - taken.short) <= 2 * policy.maxBatchTokens, JSON.stringify(taken));
  });

  test("counts pairs and tokens that wait", () => {
    const queue = createFairQueue<string>(policy);
    queue.add("a", [60, 10]);
    queue.add("b", [5]);

    queue.takeBatch();
    assert.deepEqual([queue.size, queue.tokens], [2, 15]);

    queue.remove("a");
    queue.remove("never added");
    assert.deepEqual([queue.size, queue.tokens], [1, 5]);
    assert.deepEqual(drain(queue), [["b:0"]]);
    assert.deepEqual([queue.size, queue.tokens], [0, 0]);
  });

  test("counts of each other request what runs before a new one is done", () => {
    const queue = createFairQueue<string>(policy);
    queue.add("large", [90, 90, 90]);
    queue.add("small", [5, 5]);

    assert.deepEqual(
      [0, 20, 500].map((tokens) => queue.tokensAheadOf(tokens)),
      [0, 30, 280],
    );
    queue.takeBatch();
    assert.equal(queue.tokensAheadOf(500), 190);
  });

  test("gives every pair out exactly once, whatever the mix", () => {
    const queue = createFairQueue<string>(policy);
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % below;
    };
    const expected: string[] = [];
    for (let key = 0; key < 40; key += 1) {
      const lengths = Array.from({ length: 1 + random(30) }, () => 1 + random(140));
      queue.add(`${key}`, lengths);
      expected.push(...lengths.map((_length, pair) => `${key}:${pair}`));
    }

    assert.deepEqual(drain(queue).flat().sort(), expected.sort());
  });
});
