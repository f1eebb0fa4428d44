import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { RerankError } from "../../../../src/errors.ts";
import type { EncodedBatch } from "../../../../src/inference/backend.ts";
import { createFairQueue } from "../../../../src/scheduler/fair-queue.ts";
import { createScheduler } from "../../../../src/scheduler/scheduler.ts";
import { createFakeBackend, logitOf } from "../../../fakes/fake-backend.ts";
import { encodingOfLength } from "../../../fakes/fake-tokenizer.ts";
import { createManualClock } from "../../../fakes/manual-clock.ts";
import { checkProperty } from "../check-property.ts";

const policy = { maxBatchTokens: 100, runOverheadTokens: 8 };

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("arrive" as const),
      lengths: fc.array(fc.integer({ min: 1, max: 130 }), { maxLength: 8 }),
      timeoutMs: fc.option(fc.nat(2_000), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "finish" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("fail" as const),
      code: fc.constantFrom("internal" as const, "unavailable" as const, undefined),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(300) }) },
);

const workerCount = fc.integer({ min: 1, max: 3 });

/** One request of a run, and how its promise settled. */
interface Arrival {
  /** Token ids are unique, so a row tells which pair it is. */
  readonly ids: readonly number[];
  readonly expected: readonly number[];
  readonly abort: AbortController;
  settled: number;
  logits: readonly number[] | undefined;
  error: unknown;
}

/** Lets everything run that was promised. */
async function turn(): Promise<void> {
  for (let ticks = 0; ticks < 3; ticks += 1) await new Promise((resolve) => setImmediate(resolve));
}

function checkBudget({ rows, length, lengths }: EncodedBatch): void {
  assert(rows > 0);
  assert(rows === 1 || rows * length <= policy.maxBatchTokens, `${rows} × ${length}`);
  for (const each of lengths) assert(length - each <= policy.runOverheadTokens);
}

suite("properties of the scheduler", () => {
  test("settles every request once, loses no pair and runs none twice, whatever happens", async () => {
    await checkProperty(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), workerCount, async (steps, count) => {
        const workers = Array.from({ length: count }, () => createFakeBackend());
        const oldest = () => workers.find(({ running }) => running.length > 0)?.running[0];
        const clock = createManualClock();
        const limits = { maxQueueTokens: 2_000, maxQueueMs: 5_000 };
        const scheduler = createScheduler({ workers, clock, policy, padId: 0, limits });
        const arrivals: Arrival[] = [];
        let nextId = 1;
        let failures = 0;

        const arrive = (lengths: readonly number[], timeoutMs: number | undefined): void => {
          const ids = lengths.map(() => nextId++);
          const encodings = lengths.map((length, at) => encodingOfLength(length, ids[at]));
          const expected = encodings.map(({ inputIds }) => Math.fround(logitOf(inputIds)));
          const abort = new AbortController();
          const arrival: Arrival = {
            ids,
            expected,
            abort,
            settled: 0,
            logits: undefined,
            error: undefined,
          };
          arrivals.push(arrival);
          scheduler.score(encodings, { signal: abort.signal, timeoutMs }).then(
            ({ logits }) => {
              arrival.settled += 1;
              arrival.logits = [...logits];
            },
            (error: unknown) => {
              arrival.settled += 1;
              arrival.error = error;
            },
          );
        };

        for (const action of steps) {
          if (action.kind === "arrive") arrive(action.lengths, action.timeoutMs);
          else if (action.kind === "wait") clock.advance(action.ms);
          else if (action.kind === "finish") oldest()?.finish();
          else if (action.kind === "cancel") {
            arrivals[action.which % Math.max(1, arrivals.length)]?.abort.abort();
          } else {
            const { code } = action;
            failures += 1;
            oldest()?.fail(code ? new RerankError(code, "failed") : new Error("failed"));
          }
          await turn();
        }
        for (let left = 2_000; oldest() !== undefined && left > 0; left -= 1) {
          clock.advance(1);
          oldest()?.finish();
          await turn();
        }

        assert.equal(scheduler.pendingTokens, 0);
        const batches = workers.flatMap((worker) => worker.batches);
        batches.forEach(checkBudget);
        const runs = new Map<number, number>();
        for (const { rows, length, inputIds } of batches) {
          for (let row = 0; row < rows; row += 1) {
            const id = inputIds[row * length] ?? 0;
            runs.set(id, (runs.get(id) ?? 0) + 1);
          }
        }
        for (const { ids, expected, settled, logits, error } of arrivals) {
          assert.equal(settled, 1);
          assert((logits === undefined) !== (error === undefined));
          if (logits) assert.deepEqual(logits, expected);
          else assert(error instanceof RerankError, String(error));
          for (const id of ids) {
            // A batch of several requests that failed is tried once more for each of them.
            assert((runs.get(id) ?? 0) <= 1 + failures);
            if (logits) assert((runs.get(id) ?? 0) >= 1);
            if (failures === 0) assert((runs.get(id) ?? 0) <= 1);
          }
        }
      }),
      60,
    );
  });

  test("finishes no request later than equal sharing would, but for the batch that runs", async () => {
    const requests = fc.array(fc.array(fc.constant(10), { minLength: 1, maxLength: 30 }), {
      minLength: 1,
      maxLength: 8,
    });
    await checkProperty(
      fc.property(requests, (waiting) => {
        const queue = createFairQueue<number>(() => ({ maxBatchTokens: 10, runOverheadTokens: 0 }));
        waiting.forEach((lengths, key) => {
          queue.add(key, lengths);
        });
        const finishedAt = new Map<number, number>();
        const left = waiting.map((lengths) => lengths.length);
        let served = 0;
        for (let batch = queue.takeBatch(); batch.length > 0; batch = queue.takeBatch()) {
          for (const { key } of batch) {
            served += 10;
            left[key] = (left[key] ?? 0) - 1;
            if (left[key] === 0) finishedAt.set(key, served);
          }
        }
        waiting.forEach(({ length }, key) => {
          // Shared equally, a request of n pairs ends when the others had n pairs each at most.
          const shared = waiting.reduce((sum, other) => sum + Math.min(other.length, length), 0);
          assert((finishedAt.get(key) ?? 0) <= shared * 10);
        });
        assert.equal(queue.size, 0);
        assert.equal(queue.tokens, 0);
      }),
    );
  });
});
