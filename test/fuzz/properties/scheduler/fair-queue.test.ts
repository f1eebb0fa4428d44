import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { createFairQueue } from "../../../../src/scheduler/fair-queue.ts";
import { checkProperty } from "../check-property.ts";

/** One request of the reference. */
interface Request {
  readonly key: number;
  readonly total: number;
  /** Lengths of the pairs that the real queue still has, the longest last. */
  readonly waiting: number[];
  /** Tokens that it still gets where all requests share the model equally. */
  sharedLeft: number;
  slack: number;
  /** The slack that it was promised, and what those ahead of it left over that were given up. */
  promised: number;
  /** Tokens of later requests that were served before it. */
  spared: number;
}

/**
 * The policy as it is told: all requests share the model equally, and the queue serves first the one
 * that would then be finished first, as far as those that it goes ahead of can spare the time.
 */
function createReference() {
  const requests = new Map<number, Request>();
  const order: Request[] = [];

  /** Gives these tokens to all requests that are not finished, in equal parts. */
  function share(tokens: number): void {
    let left = tokens;
    while (left > 1e-9) {
      const active = [...requests.values()].filter(({ sharedLeft }) => sharedLeft > 1e-9);
      if (active.length === 0) return;
      const least = Math.min(...active.map(({ sharedLeft }) => sharedLeft));
      const each = Math.min(least, left / active.length);
      for (const request of active) request.sharedLeft -= each;
      left -= each * active.length;
    }
  }

  return {
    get sharedLeft() {
      return [...requests.values()].reduce((sum, request) => sum + request.sharedLeft, 0);
    },
    add(key: number, lengths: readonly number[], slack: number): void {
      const total = sumOf(lengths);
      const waiting = lengths.toSorted((a, b) => a - b);
      const own: Request = {
        key,
        total,
        waiting,
        sharedLeft: total,
        slack,
        promised: slack,
        spared: 0,
      };
      let position = order.length;
      for (const last of order.toReversed()) {
        if (last.sharedLeft <= total || last.slack < total) break;
        last.slack -= total;
        position -= 1;
      }
      requests.set(key, own);
      order.splice(position, 0, own);
    },
    cancel(key: number): void {
      const request = requests.get(key);
      if (!request || request.waiting.length === 0) return;
      const unserved = sumOf(request.waiting);
      const position = order.indexOf(request);
      order.splice(position, 1);
      for (const behind of order.slice(position)) {
        behind.slack += unserved;
        behind.promised += unserved;
      }
      // Others get what it had beyond the tokens that it was really served.
      const over = unserved - request.sharedLeft;
      request.sharedLeft = Math.max(0, -over);
      request.waiting.length = 0;
      if (over > 0) share(over);
    },
    /** Serves one pair; returns whose it is. */
    serve(): number | undefined {
      const [first] = order;
      const length = first?.waiting.pop();
      if (first === undefined || length === undefined) return undefined;
      for (const other of order) if (other.key < first.key) other.spared += length;
      share(length);
      if (first.waiting.length === 0) order.shift();
      return first.key;
    },
    order,
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("arrive" as const),
      lengths: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }),
      slack: fc.option(fc.nat(600), { nil: Number.POSITIVE_INFINITY }),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ kind: "serve" as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat() }) },
);

suite("properties of the fair queue", () => {
  test("serves as its policy says, whatever comes, is given up and has a deadline", async () => {
    await checkProperty(
      fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: "max" }), (steps) => {
        // Every batch is one pair, so the order of pairs is that of the policy.
        const queue = createFairQueue<number>(() => ({ maxBatchTokens: 1, runOverheadTokens: 0 }));
        const reference = createReference();
        let arrivals = 0;
        let pairs = 0;

        const serve = (): void => {
          const [served] = queue.takeBatch();
          assert.equal(served?.key, reference.serve());
        };
        for (const action of steps) {
          if (action.kind === "serve") serve();
          else if (action.kind === "cancel") {
            const key = action.which % Math.max(1, arrivals);
            queue.remove(key);
            reference.cancel(key);
          } else {
            // No two lengths are equal, nor sums of them, so that rounding decides nothing.
            const lengths = action.lengths.map((length) => {
              pairs += 1;
              return length + Math.sin(pairs) / 100;
            });
            queue.add(arrivals, lengths, { slack: action.slack });
            reference.add(arrivals, lengths, action.slack);
            arrivals += 1;
          }
          assert.deepEqual([...queue.keys()].length, reference.order.length);
          const waiting = sumOf(reference.order.flatMap((request) => request.waiting));
          assert(Math.abs(queue.tokens - waiting) < 1e-6);
          // Nobody that was given up takes a share for good.
          assert(Math.abs(reference.sharedLeft - waiting) < 1e-6);
          for (const { spared, promised } of reference.order) assert(spared <= promised + 1e-6);
        }
        while (queue.size > 0) serve();
        assert.equal(reference.serve(), undefined);
      }),
      400,
    );
  });
});
