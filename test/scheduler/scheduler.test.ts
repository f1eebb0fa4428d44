import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RerankError } from "../../src/errors.ts";
import type { BatchStats, ScoredStage } from "../../src/scheduler/observation.ts";
import { createScheduler } from "../../src/scheduler/scheduler.ts";
import { createFakeBackend, type FakeBackend, logitOf } from "../fakes/fake-backend.ts";
import { encodingOf, encodingOfLength } from "../fakes/fake-tokenizer.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const never = { signal: new AbortController().signal };

function setUp(
  options: {
    backend?: FakeBackend;
    maxQueueTokens?: number;
    maxQueueMs?: number;
    onBatch?: (batch: BatchStats) => void;
  } = {},
) {
  const backend = options.backend ?? createFakeBackend();
  const clock = createManualClock();
  const scheduler = createScheduler({
    workers: [backend],
    clock,
    policy: { maxBatchTokens: 64, runOverheadTokens: 2 },
    padId: 0,
    limits: {
      maxQueueTokens: options.maxQueueTokens ?? 1000,
      maxQueueMs: options.maxQueueMs ?? 5000,
    },
    onBatch: options.onBatch,
  });
  return { backend, clock, scheduler };
}

/** Lets settled promises run their callbacks. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Finishes runs until none is left; returns how many there were. */
async function finishAll(backend: FakeBackend): Promise<number> {
  let count = 0;
  while (backend.running.length > 0) {
    backend.running[0]?.finish();
    count += 1;
    await settled();
  }
  return count;
}

suite("createScheduler()", () => {
  test("returns logits in the order of the encodings, whatever the order of the runs", async () => {
    const { scheduler } = setUp({ backend: createFakeBackend({ automatic: true }) });
    const encodings = [3, 60, 17, 1, 40, 17].map((length, index) =>
      encodingOfLength(length, index + 1),
    );

    const { logits } = await scheduler.score(encodings, never);

    assert.deepEqual(
      [...logits],
      encodings.map(({ inputIds }) => logitOf(inputIds)),
    );
    assert.equal(scheduler.pendingTokens, 0);
  });

  test("answers nothing for nothing", async () => {
    const { scheduler, backend } = setUp();

    assert.equal((await scheduler.score([], never)).logits.length, 0);
    assert.equal(backend.batches.length, 0);
  });

  test("answers nothing for nothing however much waits", async () => {
    const { scheduler, backend } = setUp({ maxQueueMs: 0, maxQueueTokens: 1 });
    const waiting = [64, 64, 64].map((length) =>
      scheduler.score([encodingOfLength(length)], never),
    );
    waiting.map((result) => result.catch(() => {}));

    assert.equal((await scheduler.score([], never)).logits.length, 0);

    await finishAll(backend);
    await Promise.allSettled(waiting);
  });

  test("hands over two batches at most, and the next as soon as one ends", async () => {
    const { scheduler, backend } = setUp();
    const result = scheduler.score(
      [10, 20, 30, 40].map((length) => encodingOfLength(length)),
      never,
    );

    assert.equal(backend.running.length, 2);
    backend.running[0]?.finish();
    await settled();
    assert.equal(backend.running.length, 2);

    await finishAll(backend);
    await result;
    assert.equal(backend.batches.length, 4);
  });

  test("drops a cancelled request from the queue at once and keeps the others", async () => {
    const { scheduler, backend } = setUp();
    const cancel = new AbortController();
    const running = scheduler.score([encodingOfLength(64), encodingOfLength(60)], never);
    const cancelled = scheduler.score([encodingOfLength(30), encodingOfLength(20)], cancel);
    const kept = scheduler.score([encodingOf(5)], never);

    cancel.abort();

    await assert.rejects(cancelled, { code: "cancelled" });
    assert.equal(await finishAll(backend), 3);
    await running;
    assert.deepEqual([...(await kept).logits], [5]);
  });

  test("tells a passed deadline from a cancellation", async () => {
    const { scheduler, backend } = setUp();
    const signal = AbortSignal.abort(new DOMException("late", "TimeoutError"));

    await assert.rejects(scheduler.score([encodingOf(1)], { signal }), {
      code: "deadline_exceeded",
    });
    assert.equal(backend.batches.length, 0);
  });

  test("discards the results of a run whose request has gone", async () => {
    const { scheduler, backend } = setUp();
    const cancel = new AbortController();
    const gone = scheduler.score([encodingOf(1)], cancel);

    cancel.abort();
    await assert.rejects(gone, { code: "cancelled" });
    await finishAll(backend);

    assert.equal(scheduler.pendingTokens, 0);
  });

  test("fails only the requests of a batch that failed", async () => {
    const { scheduler, backend } = setUp();
    const failing = scheduler.score([encodingOfLength(60), encodingOfLength(30)], never);
    const fine = scheduler.score([encodingOfLength(10)], never);

    backend.running[0]?.fail(new RerankError("unavailable", "the worker died"));

    await assert.rejects(failing, { code: "unavailable", message: "the worker died" });
    await finishAll(backend);
    assert.equal((await fine).logits.length, 1);
  });

  test("scores the other requests of a batch when one of them cannot be scored", async () => {
    const { scheduler, backend } = setUp();
    const first = scheduler.score([encodingOfLength(60)], never);
    const second = scheduler.score([encodingOfLength(50)], never);
    const poisoned = assert.rejects(scheduler.score([encodingOf(7, 7)], never), {
      code: "internal",
    });
    const sound = scheduler.score([encodingOf(1, 2)], never);
    const failNext = async () => {
      backend.running[0]?.fail(new RerankError("internal", "not a number"));
      await settled();
    };

    backend.running[0]?.finish();
    backend.running[0]?.finish();
    await settled();
    assert.equal(backend.running[0]?.batch.rows, 2);
    await failNext();
    await failNext();
    await finishAll(backend);

    await Promise.all([first, second, poisoned]);
    assert.deepEqual([...(await sound).logits], [3]);
  });

  test("hides what an unexpected error of the backend says", async () => {
    const { scheduler, backend } = setUp();
    const result = scheduler.score([encodingOf(1)], never);

    backend.running[0]?.fail(new Error("/secret/model.onnx is broken"));

    await assert.rejects(result, (error) => {
      assert(error instanceof RerankError);
      assert.equal(error.code, "internal");
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });

  test("refuses a whole request that finds no space, with the time until there is some", async () => {
    const { scheduler, backend, clock } = setUp({ maxQueueTokens: 100 });
    const first = scheduler.score([encodingOfLength(64)], never);
    clock.advance(640);
    await finishAll(backend);
    await first;
    const waiting = [64, 64, 50, 40].map((length) =>
      scheduler.score([encodingOfLength(length)], never),
    );

    await assert.rejects(scheduler.score([encodingOfLength(20)], never), {
      code: "resource_exhausted",
      retryAfterMs: 100,
    });

    await finishAll(backend);
    assert.equal((await Promise.all(waiting)).length, 4);
  });

  test("takes a request larger than the queue when nothing waits", async () => {
    const { scheduler, backend } = setUp({ maxQueueTokens: 10 });
    const result = scheduler.score([encodingOfLength(64), encodingOfLength(60)], never);

    await finishAll(backend);

    assert.equal((await result).logits.length, 2);
  });

  test("refuses what would not be done before its deadline, before any work", async () => {
    const { scheduler, backend, clock } = setUp();
    const first = scheduler.score([encodingOfLength(64)], never);
    clock.advance(640);
    await finishAll(backend);
    await first;
    const waiting = scheduler.score(
      [64, 64, 64].map((length) => encodingOfLength(length)),
      never,
    );
    const batches = backend.batches.length;

    await assert.rejects(scheduler.score([encodingOfLength(20)], { ...never, timeoutMs: 1500 }), {
      code: "resource_exhausted",
      message: /not be done before its deadline/,
    });
    const patient = scheduler.score([encodingOfLength(20)], { ...never, timeoutMs: 3000 });

    assert.equal(backend.batches.length, batches);
    await finishAll(backend);
    await Promise.all([waiting, patient]);
  });

  test("tells before any text is read that there is no space, while others wait", async () => {
    const { scheduler, backend, clock } = setUp({ maxQueueTokens: 100 });
    const waiting = [64, 64, 50, 40].map((length) =>
      scheduler.score([encodingOfLength(length)], never),
    );

    assert.throws(() => scheduler.checkCapacity(20, undefined), { code: "resource_exhausted" });
    scheduler.checkCapacity(10, undefined);

    clock.advance(640);
    await finishAll(backend);
    assert.equal((await Promise.all(waiting)).length, 4);
    scheduler.checkCapacity(1000, 1);
  });

  test("leaves it to the texts to tell what can never fit", async () => {
    const { scheduler, backend } = setUp({ maxQueueTokens: 100 });
    const waiting = [64, 64, 50].map((length) =>
      scheduler.score([encodingOfLength(length)], never),
    );

    scheduler.checkCapacity(101, undefined);
    await assert.rejects(scheduler.score([encodingOfLength(101)], never), {
      code: "resource_exhausted",
      message: /it has 101 tokens, and the queue takes 100 at most/,
      retryAfterMs: undefined,
    });

    await finishAll(backend);
    await Promise.all(waiting);
  });

  /** Finishes runs of `msPerRun` each until none is left or the promise is settled. */
  async function finishTimed(
    { backend, clock }: ReturnType<typeof setUp>,
    msPerRun: number,
    promise: Promise<unknown>,
  ): Promise<number> {
    let isSettled = false;
    const onSettled = () => {
      isSettled = true;
    };
    promise.then(onSettled, onSettled);
    let runs = 0;
    while (backend.running.length > 0 && !isSettled) {
      clock.advance(msPerRun);
      backend.running[0]?.finish();
      runs += 1;
      await settled();
    }
    return runs;
  }

  /** A request of that many full batches. */
  const batchesOf = (count: number) => Array.from({ length: count }, () => encodingOfLength(64));

  test("takes a large request after any number of small ones", async () => {
    const set = setUp();
    for (let request = 0; request < 200; request += 1) {
      const small = set.scheduler.score([encodingOf(1, 2)], never);
      await finishTimed(set, 10, small);
      await small;
    }

    const large = set.scheduler.score(batchesOf(20), { ...never, timeoutMs: 250 });
    await finishTimed(set, 11, large);

    assert.equal((await large).logits.length, 20);
  });

  test("forgets that the model was slow, even if it refused everything since", async () => {
    const set = setUp();
    const slow = set.scheduler.score(batchesOf(20), never);
    await finishTimed(set, 100, slow);
    const hurried = { ...never, timeoutMs: 250 };
    await assert.rejects(set.scheduler.score(batchesOf(20), hurried), {
      code: "resource_exhausted",
      message: /its 1280 tokens take about 2000 ms, and its deadline allows 250 ms/,
      retryAfterMs: undefined,
    });

    set.clock.advance(11_000);
    const again = set.scheduler.score(batchesOf(20), hurried);
    await finishTimed(set, 10, again);

    assert.equal((await again).logits.length, 20);
  });

  test("learns of a slow model from a few batches, and gives the rest up for good", async () => {
    const set = setUp({ maxQueueTokens: 20_000 });

    const hopeless = set.scheduler.score(batchesOf(200), { ...never, timeoutMs: 2000 });
    const refused = assert.rejects(hopeless, {
      code: "resource_exhausted",
      message: /its 12800 tokens take about 20000 ms, and its deadline allows 2000 ms/,
      retryAfterMs: undefined,
    });
    const patient = set.scheduler.score([encodingOfLength(64)], never);
    await finishTimed(set, 100, Promise.allSettled([hopeless, patient]));
    await Promise.all([refused, patient]);

    assert(set.backend.batches.length < 10, `${set.backend.batches.length}`);
    assert.equal(set.scheduler.pendingTokens, 0);
  });

  test("keeps the speeds of devices apart", async () => {
    const backend = Object.assign(createFakeBackend(), { device: "cuda" });
    const set = setUp({ backend });
    const slow = set.scheduler.score(batchesOf(20), never);
    await finishTimed(set, 100, slow);

    backend.device = "cpu";
    const other = set.scheduler.score(batchesOf(20), { ...never, timeoutMs: 250 });
    await finishTimed(set, 10, other);
    assert.equal((await other).logits.length, 20);

    backend.device = "cuda";
    await assert.rejects(set.scheduler.score(batchesOf(20), { ...never, timeoutMs: 250 }), {
      message: /can never meet its deadline/,
    });
  });

  test("fails only the request whose pair does not fit into memory, and names the pair", async () => {
    const { scheduler, backend } = setUp();
    const tooLarge = 99;
    const busy = [scheduler.score([encodingOfLength(64)], never)];
    busy.push(scheduler.score([encodingOfLength(63)], never));
    const innocent = [1, 2, 3].map((id) => scheduler.score([encodingOfLength(8, id)], never));
    const guilty = scheduler.score(
      [4, 5, tooLarge, 6].map((id) => encodingOfLength(8, id)),
      never,
    );
    const failed = assert.rejects(guilty, {
      code: "resource_exhausted",
      message: "one document is too large",
      position: 2,
      retryAfterMs: undefined,
    });

    for (let [run] = backend.running; run !== undefined; [run] = backend.running) {
      const fits = !run.batch.inputIds.includes(tooLarge);
      if (fits) run.finish();
      else run.fail(new RerankError("resource_exhausted", "one document is too large"));
      await settled();
    }

    await failed;
    const scored = await Promise.all(innocent);
    assert.deepEqual(
      scored.map(({ logits }) => logits[0]),
      [8, 16, 24],
    );
    await Promise.all(busy);
    assert.equal(scheduler.pendingTokens, 0);
  });

  test("tells waiting from inference", async () => {
    const { scheduler, backend, clock } = setUp();
    const first = scheduler.score([encodingOfLength(64)], never);
    const second = scheduler.score([encodingOfLength(60)], never);

    for (const ms of [300, 200]) {
      clock.advance(ms);
      backend.running[0]?.finish();
      await settled();
    }

    const [one, two] = await Promise.all([first, second]);
    assert.deepEqual([one.queueMs, one.inferenceMs], [0, 300]);
    assert.deepEqual([two.queueMs, two.inferenceMs], [300, 200]);
  });

  test("tells what waits, and how long the oldest of it has", async () => {
    const { scheduler, backend, clock } = setUp();
    const nothing = { pairs: 0, tokens: 0, oldestMs: 0 };
    assert.deepEqual(scheduler.snapshot(), nothing);

    const running = scheduler.score([encodingOfLength(64), encodingOfLength(60)], never);
    clock.advance(100);
    const first = scheduler.score([encodingOfLength(30), encodingOfLength(20)], never);
    clock.advance(40);
    const second = scheduler.score([encodingOfLength(5)], never);
    clock.advance(2);

    assert.deepEqual(scheduler.snapshot(), { pairs: 3, tokens: 55, oldestMs: 42 });
    await finishAll(backend);
    await Promise.all([running, first, second]);
    assert.deepEqual(scheduler.snapshot(), nothing);
  });

  test("tells of every run, with its padding and whether it failed", async () => {
    const batches: BatchStats[] = [];
    const { scheduler, backend, clock } = setUp({ onBatch: (batch) => batches.push(batch) });
    const good = scheduler.score([encodingOfLength(30), encodingOfLength(28)], never);
    clock.advance(7);
    await finishAll(backend);
    await good;
    const bad = scheduler.score([encodingOfLength(10)], never);
    clock.advance(3);
    backend.running[0]?.fail(new Error("broken"));

    await assert.rejects(bad);
    assert.deepEqual(batches, [
      { rows: 2, tokens: 58, paddingTokens: 2, ranMs: 7, failed: false },
      { rows: 1, tokens: 10, paddingTokens: 0, ranMs: 3, failed: true },
    ]);
  });

  test("tells a request's observer once when it came, began and ended", async () => {
    const stages: ScoredStage[] = [];
    const observer = { scored: (stage: ScoredStage) => stages.push(stage) };
    const { scheduler, backend, clock } = setUp();
    const other = scheduler.score([encodingOfLength(64)], never);
    clock.advance(5);
    const own = scheduler.score([encodingOfLength(40), encodingOfLength(60)], {
      ...never,
      observer,
    });
    clock.advance(5);
    backend.running[0]?.finish();
    await settled();
    clock.advance(20);
    await finishAll(backend);
    await Promise.all([other, own]);

    assert.deepEqual(stages, [
      { enqueuedMs: 5, beganMs: 10, endedMs: 30, pairs: 2, tokens: 100, batches: 2 },
    ]);
  });

  test("tells the observer of a cancelled request once, even if its batch ends later", async () => {
    const stages: ScoredStage[] = [];
    const observer = { scored: (stage: ScoredStage) => stages.push(stage) };
    const cancel = new AbortController();
    const { scheduler, backend, clock } = setUp();
    const { signal } = cancel;
    const cancelled = scheduler.score([encodingOfLength(9)], { signal, observer });

    clock.advance(4);
    cancel.abort();
    await assert.rejects(cancelled);
    await finishAll(backend);

    assert.deepEqual(stages, [
      { enqueuedMs: 0, beganMs: undefined, endedMs: 4, pairs: 1, tokens: 9, batches: 0 },
    ]);
  });
});
