import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createScheduler } from "../../src/scheduler/scheduler.ts";
import { createFakeBackend, type FakeBackend, logitOf } from "../fakes/fake-backend.ts";
import { encodingOf, encodingOfLength } from "../fakes/fake-tokenizer.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const never = { signal: new AbortController().signal };

function setUp(options: { workers?: number; maxQueueMs?: number } = {}) {
  const workers = Array.from({ length: options.workers ?? 2 }, () => createFakeBackend());
  const clock = createManualClock();
  const scheduler = createScheduler({
    workers,
    clock,
    policy: { maxBatchTokens: 64, runOverheadTokens: 2 },
    padId: 0,
    limits: { maxQueueTokens: 10_000, maxQueueMs: options.maxQueueMs ?? 5000 },
  });
  return { workers: workers as [FakeBackend, FakeBackend], clock, scheduler };
}

/** Lets settled promises run their callbacks. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Finishes runs, those of the first worker first, until none is left. */
async function finishAll(workers: readonly FakeBackend[]): Promise<void> {
  while (workers.some(({ running }) => running.length > 0)) {
    workers.find(({ running }) => running.length > 0)?.running[0]?.finish();
    await settled();
  }
}

const rowsOf = ({ batches }: FakeBackend) => batches.map(({ rows }) => rows);
const documentsOf = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) => encodingOfLength(length, index + 1));

suite("createScheduler() over several workers", () => {
  test("gives every worker the same part of a request that is alone", async () => {
    const { workers, scheduler } = setUp();

    const result = scheduler.score(documentsOf(6, 10), never);

    assert.deepEqual(workers.map(rowsOf), [[3], [3]]);
    await finishAll(workers);
    const { logits } = await result;
    assert.deepEqual([...logits], [10, 20, 30, 40, 50, 60]);
  });

  test("does not spread what is not worth two runs", async () => {
    const { workers, scheduler } = setUp();

    const result = scheduler.score(documentsOf(2, 4), never);

    assert.deepEqual(workers.map(rowsOf), [[2], []]);
    await finishAll(workers);
    await result;
  });

  test("starts a small request on the worker that has nothing to do", async () => {
    const { workers, scheduler } = setUp();
    const long = scheduler.score([encodingOfLength(60)], never);

    const small = scheduler.score([encodingOf(7)], never);

    assert.equal(workers[1].running.length, 1);
    workers[1].running[0]?.finish();
    assert.deepEqual([...(await small).logits], [7]);
    await finishAll(workers);
    await long;
  });

  test("hands each worker two batches at most, and the next to the one that is done", async () => {
    const { workers, scheduler } = setUp();
    const result = scheduler.score(documentsOf(8, 40), never);
    assert.deepEqual(
      workers.map(({ running }) => running.length),
      [2, 2],
    );

    workers[1].running[0]?.finish();
    await settled();

    assert.deepEqual(
      workers.map(({ batches }) => batches.length),
      [2, 3],
    );
    await finishAll(workers);
    assert.equal((await result).logits.length, 8);
    assert.equal(scheduler.pendingTokens, 0);
  });

  test("gives the scores that one worker gives, whatever happens in whatever order", async () => {
    let state = 7;
    const random = (below: number) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    for (let round = 0; round < 30; round += 1) {
      const { workers, scheduler } = setUp({ workers: 1 + (round % 4) });
      const requests = Array.from({ length: 1 + random(8) }, () =>
        Array.from({ length: 1 + random(12) }, () =>
          encodingOfLength(1 + random(70), 1 + random(9)),
        ),
      );
      const results: Promise<{ readonly logits: Float32Array }>[] = [];
      for (const request of requests) {
        results.push(scheduler.score(request, never));
        const worker = workers[random(workers.length)];
        if (random(2) === 0) worker?.running[0]?.finish();
        await settled();
      }
      for (let left = 1000; left > 0; left -= 1) {
        const busy = workers.filter(({ running }) => running.length > 0);
        if (busy.length === 0) break;
        busy[random(busy.length)]?.running[0]?.finish();
        await settled();
      }
      for (const [index, request] of requests.entries()) {
        const { logits } = (await results[index]) ?? { logits: [] };
        assert.deepEqual(
          [...logits],
          request.map(({ inputIds }) => logitOf(inputIds)),
        );
      }
      assert.equal(scheduler.pendingTokens, 0);
    }
  });

  test("drops a cancelled request that is on every worker, and keeps the others", async () => {
    const { workers, scheduler } = setUp();
    const cancel = new AbortController();
    const cancelled = scheduler.score(documentsOf(8, 40), cancel);
    const kept = scheduler.score([encodingOf(5)], never);

    cancel.abort();

    await assert.rejects(cancelled, { code: "cancelled" });
    await finishAll(workers);
    assert.deepEqual([...(await kept).logits], [5]);
    assert.equal(workers[0].batches.length + workers[1].batches.length, 5);
    assert.equal(scheduler.pendingTokens, 0);
  });

  test("counts inference on several workers at a time once", async () => {
    const { workers, clock, scheduler } = setUp();
    const result = scheduler.score(documentsOf(6, 10), never);

    clock.advance(30);
    workers[0].running[0]?.finish();
    await settled();
    clock.advance(20);
    workers[1].running[0]?.finish();

    const { queueMs, inferenceMs } = await result;
    assert.deepEqual([queueMs, inferenceMs], [0, 50]);
    assert.deepEqual(
      scheduler.workers.map(({ runs, busyMs, heldTokens }) => [runs, busyMs, heldTokens]),
      [
        [1, 30, 0],
        [1, 50, 0],
      ],
    );
  });
});

suite("admission with several workers", () => {
  /** Lets the workers learn that 64 tokens take 640 ms. */
  async function teach({ workers, clock, scheduler }: ReturnType<typeof setUp>): Promise<void> {
    const runs = workers.map(() => scheduler.score([encodingOfLength(64)], never));
    clock.advance(640);
    await finishAll(workers);
    await Promise.all(runs);
  }

  /** Six requests that are served in the order in which they came, as those of one size are. */
  const sixAlike = ({ scheduler }: ReturnType<typeof setUp>) =>
    Promise.all(documentsOf(6, 64).map((document) => scheduler.score([document], never)));

  for (const [workers, isTaken] of [
    [1, false],
    [2, true],
  ] as const) {
    test(`${isTaken ? "takes" : "refuses"} what ${workers} can do in time`, async () => {
      const set = setUp({ workers });
      await teach(set);
      const waiting = sixAlike(set);
      const call = { ...never, timeoutMs: 4000 };

      const result = set.scheduler.score([encodingOfLength(64)], call);

      if (isTaken) {
        await finishAll(set.workers);
        await result;
      } else {
        await assert.rejects(result, { code: "resource_exhausted" });
        await finishAll(set.workers);
      }
      await waiting;
    });
  }

  test("takes a single document that an idle worker can do while another is busy", async () => {
    const set = setUp();
    await teach(set);
    const long = set.scheduler.score([encodingOfLength(64)], never);

    const result = set.scheduler.score([encodingOfLength(64)], { ...never, timeoutMs: 900 });

    assert.equal(set.workers[1].running.length, 1);
    await finishAll(set.workers);
    await Promise.all([long, result]);
  });

  test("counts on the workers that are left", async () => {
    const set = setUp();
    await teach(set);
    set.workers[1].changeOutage(60_000);
    const waiting = sixAlike(set);

    await assert.rejects(
      set.scheduler.score([encodingOfLength(64)], { ...never, timeoutMs: 4000 }),
      { code: "resource_exhausted" },
    );
    assert.equal(set.workers[1].running.length, 0);
    await finishAll(set.workers);
    await waiting;
  });
});

suite("createScheduler() when one of several workers crashes", () => {
  test("tries its batches again on another at once, and loses nothing", async () => {
    const { workers, scheduler } = setUp();
    const results = [60, 50, 40, 30].map((length) =>
      scheduler.score([encodingOfLength(length)], never),
    );
    const [first, second] = workers;

    first.crash(5000);
    await settled();
    assert.equal(scheduler.outage, undefined);
    await finishAll([second]);

    for (const result of results) assert.equal((await result).logits.length, 1);
    assert.equal(first.batches.length, 2);
    assert.equal(second.batches.length, 4);
    assert.equal(scheduler.pendingTokens, 0);
  });

  test("goes on with other requests beside a batch that is tried again alone", async () => {
    const { workers, scheduler } = setUp({ workers: 3 });
    const [first, second, third] = workers as unknown as [FakeBackend, FakeBackend, FakeBackend];
    const lost = scheduler.score([encodingOf(6)], never);
    first.crash(5000);
    await settled();
    assert.equal(second.running.length, 1);

    const others = [60, 50, 40].map((length) => scheduler.score([encodingOfLength(length)], never));

    assert.deepEqual([second.running.length, third.running.length], [1, 2]);
    await finishAll(workers);
    await Promise.all([lost, ...others]);
  });

  test("refuses only the request that kills one worker after the other", async () => {
    const { workers, scheduler } = setUp();
    const [first, second] = workers;
    const poison = assert.rejects(scheduler.score([encodingOf(6)], never), { code: "internal" });
    first.crash(100);
    await settled();
    const sound = scheduler.score([encodingOf(1, 2)], never);
    second.crash(200);
    await settled();
    assert.equal(scheduler.outage?.remainingMs, 100);

    first.changeOutage(undefined);
    await settled();
    first.running[0]?.finish();

    await poison;
    assert.deepEqual([...(await sound).logits], [3]);
    assert.equal(scheduler.pendingTokens, 0);
  });

  test("gives work to a worker that is back", async () => {
    const { workers, scheduler } = setUp();
    const [first, second] = workers;
    second.changeOutage(1000);
    const results = [64, 63, 62].map((length) =>
      scheduler.score([encodingOfLength(length)], never),
    );
    assert.deepEqual([first.running.length, second.running.length], [2, 0]);
    assert.deepEqual(
      scheduler.workers.map(({ serving }) => serving),
      [true, false],
    );

    second.changeOutage(undefined);
    await settled();

    assert.equal(second.running.length, 1);
    await finishAll(workers);
    await Promise.all(results);
  });

  test("lets requests wait for the worker that is back first", async () => {
    const { workers, scheduler } = setUp();
    workers[0].changeOutage(900);
    workers[1].changeOutage(300);

    const waits = scheduler.score([encodingOf(1)], { ...never, timeoutMs: 400 });
    await assert.rejects(scheduler.score([encodingOf(1)], { ...never, timeoutMs: 200 }), {
      code: "unavailable",
      retryAfterMs: 300,
    });

    workers[1].changeOutage(undefined);
    await settled();
    workers[1].running[0]?.finish();
    assert.deepEqual([...(await waits).logits], [1]);
  });
});
