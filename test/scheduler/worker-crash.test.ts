import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createScheduler } from "../../src/scheduler/scheduler.ts";
import { createFakeBackend } from "../fakes/fake-backend.ts";
import { encodingOf, encodingOfLength } from "../fakes/fake-tokenizer.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const never = { signal: new AbortController().signal };

function setUp() {
  const backend = createFakeBackend();
  const clock = createManualClock();
  const scheduler = createScheduler({
    workers: [backend],
    clock,
    policy: { maxBatchTokens: 64, runOverheadTokens: 8 },
    padId: 0,
    limits: { maxQueueTokens: 1000, maxQueueMs: 5000 },
  });
  return { backend, clock, scheduler };
}

/** Lets settled promises run their callbacks. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

suite("createScheduler() when a worker crashes", () => {
  test("tries what ran, what was next and what waited again, and loses nothing", async () => {
    const { backend, scheduler } = setUp();
    const results = [60, 50, 40].map((length) =>
      scheduler.score([encodingOfLength(length)], never),
    );
    assert.equal(backend.running.length, 2);

    backend.crash(100);
    await settled();
    assert.equal(backend.batches.length, 2);
    backend.changeOutage(undefined);
    for (let run = 0; run < 3; run += 1) {
      await settled();
      backend.running[0]?.finish();
    }

    assert.deepEqual(
      (await Promise.all(results)).map(({ logits }) => logits.length),
      [1, 1, 1],
    );
    assert.equal(scheduler.pendingTokens, 0);
    assert.equal(backend.batches.length, 5);
  });

  test("tries a request again that had both of the worker's batches", async () => {
    const { backend, scheduler } = setUp();
    const result = scheduler.score([encodingOfLength(60), encodingOfLength(50)], never);
    assert.equal(backend.running.length, 2);

    backend.crash(100);
    await settled();
    backend.changeOutage(undefined);
    for (let run = 0; run < 2; run += 1) {
      await settled();
      backend.running[0]?.finish();
    }

    assert.equal((await result).logits.length, 2);
  });

  test("counts what waits for the new worker as pending", async () => {
    const { backend, scheduler } = setUp();
    const results = [60, 50, 40].map((length) =>
      scheduler.score([encodingOfLength(length)], never),
    );

    backend.crash(100);
    await settled();

    assert.equal(scheduler.pendingTokens, 150);
    backend.changeOutage(undefined);
    for (let run = 0; run < 3; run += 1) {
      await settled();
      backend.running[0]?.finish();
    }
    await Promise.all(results);
  });

  test("takes what comes while there is no worker if it can wait", async () => {
    const { backend, scheduler } = setUp();
    backend.crash(250);

    const waits = scheduler.score([encodingOf(1)], { ...never, timeoutMs: 300 });
    await assert.rejects(scheduler.score([encodingOf(1)], { ...never, timeoutMs: 200 }), {
      code: "unavailable",
      retryAfterMs: 250,
    });
    assert.equal(backend.batches.length, 0);
    backend.changeOutage(undefined);
    await settled();
    backend.running[0]?.finish();

    assert.deepEqual([...(await waits).logits], [1]);
  });

  test("refuses at once what cannot wait for the new worker", async () => {
    const { backend, clock, scheduler } = setUp();
    const hasty = [60, 50, 40].map((length) =>
      assert.rejects(scheduler.score([encodingOfLength(length)], { ...never, timeoutMs: 200 }), {
        code: "unavailable",
        retryAfterMs: 300,
      }),
    );
    const patient = scheduler.score([encodingOf(7)], { ...never, timeoutMs: 2000 });

    backend.crash(300);
    await Promise.all(hasty);
    clock.advance(300);
    // The first try failed, and the next one comes too late for a request without a deadline.
    const refused = assert.rejects(patient, { code: "unavailable", retryAfterMs: 1800 });
    backend.changeOutage(1800);
    await refused;
    assert.equal(scheduler.pendingTokens, 0);
  });

  test("does not let a request without a deadline wait for ever", async () => {
    const { backend, scheduler } = setUp();
    const waiting = assert.rejects(scheduler.score([encodingOf(7)], never), {
      code: "unavailable",
      retryAfterMs: 5001,
    });

    backend.crash(5001);

    await waiting;
  });

  test("refuses only the request that kills the worker twice", async () => {
    const { backend, scheduler } = setUp();
    const first = scheduler.score([encodingOfLength(64)], never);
    const second = scheduler.score([encodingOfLength(64)], never);
    const poison = assert.rejects(scheduler.score([encodingOf(6, 6)], never), {
      code: "internal",
      message: "the model failed twice on this request",
    });
    const sound = scheduler.score([encodingOf(1, 2)], never);
    backend.running[0]?.finish();
    backend.running[0]?.finish();
    await Promise.all([first, second]);
    await settled();
    assert.equal(backend.running[0]?.batch.rows, 2);

    for (let crash = 0; crash < 2; crash += 1) {
      backend.crash(100);
      await settled();
      backend.changeOutage(undefined);
      await settled();
      if (crash === 0)
        assert.deepEqual([backend.running.length, backend.running[0]?.batch.rows], [1, 1]);
    }
    await poison;
    backend.running[0]?.finish();

    assert.deepEqual([...(await sound).logits], [3]);
    assert.equal(backend.batches.length, 5);
  });

  test("says unavailable to a request that lost two workers by no fault of its own", async () => {
    const { backend, scheduler } = setUp();
    const first = scheduler.score([encodingOfLength(64)], never);
    const bystander = assert.rejects(scheduler.score([encodingOfLength(60)], never), {
      code: "unavailable",
      retryAfterMs: 700,
    });

    backend.crash(100);
    await settled();
    backend.changeOutage(undefined);
    await settled();
    backend.running[0]?.finish();
    await first;
    await settled();
    backend.crash(700);

    await bystander;
    assert.equal(scheduler.pendingTokens, 0);
  });

  test("drops a cancelled request that waits for the new worker", async () => {
    const { backend, scheduler } = setUp();
    const cancel = new AbortController();
    const gone = scheduler.score([encodingOf(1)], cancel);
    backend.crash(100);
    await settled();

    cancel.abort();
    await assert.rejects(gone, { code: "cancelled" });
    backend.changeOutage(undefined);
    await settled();

    assert.equal(backend.batches.length, 1);
    assert.equal(scheduler.pendingTokens, 0);
  });
});
