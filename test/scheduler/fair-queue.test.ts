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
    const queue = createFairQueue<string>(() => policy);

    queue.add("a", [20, 50, 49, 18, 48]);

    assert.deepEqual(drain(queue), [["a:1", "a:2"], ["a:4"], ["a:0", "a:3"]]);
  });

  test("takes a pair over the budget alone", () => {
    const queue = createFairQueue<string>(() => policy);

    queue.add("a", [300, 299]);

    assert.deepEqual(drain(queue), [["a:0"], ["a:1"]]);
  });

  test("takes fewer of the pairs whose attention is large", () => {
    const queue = createFairQueue<string>(() => ({ ...policy, maxAttention: 2 * 20 ** 2 }));

    queue.add("a", [20, 20, 20, 29, 10, 10, 10, 10, 10, 10, 10, 10]);

    assert.deepEqual(
      drain(queue).map((batch) => batch.length),
      [1, 2, 1, 8],
    );
  });

  test("leaves a pair to a later batch when padding it costs more than a run", () => {
    const queue = createFairQueue<string>(() => policy);

    queue.add("a", [10, 14, 9]);

    assert.deepEqual(drain(queue), [["a:1", "a:0"], ["a:2"]]);
  });

  test("fills a batch with pairs of nearly the same length from other requests", () => {
    const queue = createFairQueue<string>(() => policy);

    queue.add("a", [30]);
    queue.add("b", [80, 29]);
    queue.add("c", [31, 27]);

    assert.deepEqual(drain(queue)[0], ["a:0", "c:1", "b:1"]);
  });

  test("serves a small request before the rest of a large one that came before", () => {
    const queue = createFairQueue<string>(() => policy);
    queue.add("large", new Array<number>(1000).fill(50));
    queue.takeBatch();

    queue.add("small", [10, 10]);

    assert.deepEqual(
      queue.takeBatch().map(({ key }) => key),
      ["small", "small"],
    );
  });

  test("serves requests of one size in the order in which they came", () => {
    const queue = createFairQueue<string>(() => policy);
    for (const key of ["a", "b", "c"]) queue.add(key, [90, 90]);

    assert.deepEqual(drain(queue).flat(), ["a:0", "a:1", "b:0", "b:1", "c:0", "c:1"]);
  });

  test("does not let a large request starve behind small ones that keep coming", () => {
    const queue = createFairQueue<string>(() => policy);
    queue.add("large", new Array<number>(20).fill(100));

    let batches = 0;
    for (let left = 20; left > 0; batches += 1) {
      if (batches % 2 === 0) queue.add(`small ${batches}`, [100]);
      left -= queue.takeBatch().filter(({ key }) => key === "large").length;
      assert(batches <= 60, "the large request does not end");
    }

    assert(batches > 30);
  });

  test("finishes no request later than equal sharing would", () => {
    let seed = 11;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % below;
    };
    const queue = createFairQueue<number>(() => ({ maxBatchTokens: 10, runOverheadTokens: 0 }));
    const shared = new Map<number, number>();
    const waiting = new Map<number, number>();
    for (let round = 0; round < 4000 && (round < 2000 || queue.size > 0); round += 1) {
      if (round < 2000 && random(3) === 0) {
        const pairs = 1 + random(12) ** 2 / 8;
        queue.add(round, new Array<number>(Math.ceil(pairs)).fill(10));
        shared.set(round, Math.ceil(pairs));
        waiting.set(round, Math.ceil(pairs));
      }
      for (const { key } of queue.takeBatch()) waiting.set(key, (waiting.get(key) ?? 0) - 1);
      // One batch of one pair, shared equally by all that are not finished yet.
      const active = [...shared].filter(([, left]) => left > 1e-9);
      for (const [key, left] of active) shared.set(key, left - 1 / active.length);
      for (const [key, left] of shared) {
        // The pair that runs is whole, so the last share of a request may come a pair early.
        if (left <= -1) assert.equal(waiting.get(key), 0, `request ${key} is late`);
      }
    }
    assert.equal(queue.size, 0);
  });

  test("counts pairs and tokens that wait", () => {
    const queue = createFairQueue<string>(() => policy);
    queue.add("a", [60, 10]);
    queue.add("b", [5]);

    queue.takeBatch();
    assert.deepEqual([queue.size, queue.tokens], [2, 70]);

    queue.takeBatch();
    assert.deepEqual([queue.size, queue.tokens], [1, 10]);

    queue.remove("a");
    queue.remove("never added");
    assert.deepEqual([queue.size, queue.tokens], [0, 0]);
    assert.deepEqual(drain(queue), []);
  });

  test("goes ahead of a request only as long as that can spare the time", () => {
    const queue = createFairQueue<string>(() => policy);
    queue.add("promised", [90, 90, 90, 90], { slack: 150 });

    queue.add("first", [95]);
    assert.equal(queue.workAheadOf(60).tokens, 95 + 360);
    queue.add("second", [60]);
    queue.add("third", [55]);

    assert.deepEqual(
      drain(queue).flatMap((batch) => batch.map((word) => word.split(":")[0])),
      ["third", "first", "promised", "promised", "promised", "promised", "second"],
    );
  });

  test("counts what another costs in the unit of the slack", () => {
    const queue = createFairQueue<string>(() => policy);
    queue.add("promised", [90, 90], { slack: 7 });

    queue.add("dear", [50], { cost: 8 });
    queue.add("cheap", [40], { cost: 7 });

    assert.deepEqual(drain(queue).flat(), ["cheap:0", "promised:0", "promised:1", "dear:0"]);
  });

  test("gives the slack back when the request that went ahead is given up", () => {
    const queue = createFairQueue<string>(() => policy);
    queue.add("promised", [90, 90, 90], { slack: 100 });
    queue.add("first", [80, 20]);
    queue.takeBatch();
    assert.equal(queue.workAheadOf(80).tokens, 290);

    queue.remove("first");

    // 20 of its 100 tokens were not served.
    assert.equal(queue.workAheadOf(20).tokens, 0);
    assert.equal(queue.workAheadOf(21).tokens, 270);
  });

  test("spares the time of a request that was expected and is given up", () => {
    const queue = createFairQueue<string>(() => policy);
    queue.add("before", [30]);
    queue.add("promised", [90, 90], { slack: 0 });
    assert.equal(queue.workAheadOf(30).tokens, 210);

    queue.remove("before");

    assert.equal(queue.workAheadOf(30).tokens, 0);
  });

  test("forgets requests that were given up while they waited", () => {
    // One large request, and small ones that keep the model busy alone.
    const batchesOf = (queue: FairQueue<string>): number => {
      queue.add("large", new Array<number>(50).fill(100));
      let batches = 0;
      for (let left = 50; left > 0; batches += 1) {
        queue.add(`small ${batches}`, [100]);
        left -= queue.takeBatch().filter(({ key }) => key === "large").length;
        if (batches > 5000) return batches;
      }
      return batches;
    };
    const fresh = batchesOf(createFairQueue<string>(() => policy));

    const queue = createFairQueue<string>(() => policy);
    // Never idle, so nothing else puts the queue right again.
    queue.add("steady 0", new Array<number>(10).fill(100));
    for (let round = 1; round <= 5000; round += 1) {
      queue.add(`given up ${round}`, [100, 100, 100]);
      queue.add(`steady ${round}`, [100]);
      queue.takeBatch();
      queue.remove(`given up ${round}`);
    }
    const used = batchesOf(queue);

    assert(used <= 1.5 * fresh, `${used} batches, and ${fresh} in a new queue`);
  });

  test("shares the runs of requests with pairs of one length", () => {
    const queue = createFairQueue<string>(() => policy);
    for (let request = 0; request < 20; request += 1) queue.add(`${request}`, [10]);

    assert.deepEqual(queue.work, { runs: 2, tokens: 200 });
    assert.deepEqual(queue.workAheadOf(10), { runs: 2, tokens: 200 });
    assert.deepEqual(queue.workAheadOf(5), { runs: 0, tokens: 0 });
  });

  test("counts what runs before a new request is done", () => {
    const queue = createFairQueue<string>(() => policy);
    queue.add("large", [90, 90, 90]);
    queue.add("small", [5, 5]);

    assert.deepEqual(
      [0, 10, 200, 270].map((tokens) => queue.workAheadOf(tokens).tokens),
      [0, 10, 10, 280],
    );
    queue.takeBatch();
    assert.equal(queue.workAheadOf(500).tokens, 270);
  });

  test("gives every pair out exactly once, whatever the mix", () => {
    const queue = createFairQueue<string>(() => policy);
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
