import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { systemClock } from "../../../src/clock.ts";
import { startWorkerBackend } from "../../../src/inference/worker/worker-backend.ts";
import { createWorkerPool } from "../../../src/inference/worker/worker-pool.ts";
import { createScheduler } from "../../../src/scheduler/scheduler.ts";
import { crashCommands } from "../../fakes/crashing-worker.ts";
import { encodingOf } from "../../fakes/fake-tokenizer.ts";
import { createFakeWorkerBackend } from "../../fakes/fake-worker-backend.ts";
import { fixturePath } from "../../fakes/inference-fixtures.ts";
import { createTestBackend, reached, restart } from "../../fakes/resilient-test-backend.ts";

const works = async () => createFakeWorkerBackend();
const fails = async (): Promise<never> => {
  throw new Error("no memory is left");
};

suite("createWorkerPool()", () => {
  test("is started once the first answers, and starts the others then", async () => {
    const first = createTestBackend(works);
    const second = createTestBackend(works);
    const pool = createWorkerPool([first.backend, second.backend]);

    const info = await pool.start();
    assert.equal(info.device, "cpu");
    assert.deepEqual([first.startCount(), second.startCount()], [1, 0]);
    pool.startOthers();

    assert(second.backend.outage);
    await reached(second.backend, "ok");
    assert.equal(second.backend.outage, undefined);
    assert.equal(second.backend.details.restarts, 0);
    await pool.close();
    assert.deepEqual([first.backend.status, second.backend.status], ["closed", "closed"]);
  });

  test("does without a worker that cannot be loaded, and tries it again", async () => {
    const first = createTestBackend(works);
    const second = createTestBackend(fails, fails, works);
    const pool = createWorkerPool([first.backend, second.backend]);
    await pool.start();

    pool.startOthers();
    await reached(second.backend, "restarting");
    assert.equal(second.backend.details.reason?.message, "no memory is left");
    assert.equal(first.backend.status, "ok");
    for (let tries = 0; tries < 2; tries += 1) {
      second.clock.advance(restart.maxDelayMs);
      await new Promise((resolve) => setImmediate(resolve));
    }

    await reached(second.backend, "ok");
    assert.deepEqual([second.startCount(), second.backend.details.restarts], [3, 0]);
    await pool.close();
  });

  test("is not started if the first cannot be, and starts nothing after its end", async () => {
    const first = createTestBackend(fails);
    const second = createTestBackend(works);
    const pool = createWorkerPool([first.backend, second.backend]);

    await assert.rejects(pool.start(), { message: "no memory is left" });
    await pool.close();
    pool.startOthers();

    assert.equal(second.startCount(), 0);
  });
});

suite("createWorkerPool() over real threads", () => {
  const workerUrl = new URL("../../fakes/crashing-worker.js", import.meta.url);
  const never = { signal: new AbortController().signal };

  async function setUp(model: string) {
    const options = { modelPath: fixturePath(model), device: "cpu", threads: 1 } as const;
    const members = [0, 1].map(() =>
      createTestBackend(() => startWorkerBackend({ ...options, workerUrl })),
    );
    const pool = createWorkerPool(members.map(({ backend }) => backend));
    await pool.start();
    pool.startOthers();
    for (const { backend } of members) await reached(backend, "ok");
    const scheduler = createScheduler({
      workers: pool.workers,
      clock: systemClock,
      policy: { maxBatchTokens: 4, runOverheadTokens: 1 },
      padId: 9,
      limits: { maxQueueTokens: 1e6, maxQueueMs: 60_000 },
    });
    return { members, pool, scheduler };
  }

  test("loses nothing when one ends in the middle of a batch", async () => {
    const { members, pool, scheduler } = await setUp("sum");
    const killer = assert.rejects(scheduler.score([encodingOf(crashCommands.exit)], never), {
      code: "internal",
      message: "the model failed twice on this request",
    });
    const sound = Array.from({ length: 40 }, (_, index) =>
      scheduler.score([encodingOf(index, 2), encodingOf(index)], never),
    );
    for (const { backend } of members) await reached(backend, "restarting");
    for (const { clock } of members) clock.advance(restart.maxDelayMs);

    await killer;
    for (const [index, result] of sound.entries()) {
      const expected = [(index + 2) / 100, index / 100].map(Math.fround);
      assert.deepEqual([...(await result).logits], expected);
    }
    await pool.close();
  });

  test("closes once the batches of all workers have ended", async () => {
    const { members, pool, scheduler } = await setUp("slow");
    const running = [60, 61].map((id) => scheduler.score([encodingOf(id)], never));
    assert.deepEqual(
      scheduler.workers.map(({ heldTokens }) => heldTokens),
      [1, 1],
    );

    const closed = pool.close();
    const scored = await Promise.all(running);
    await closed;

    assert.deepEqual(
      scored.map(({ logits }) => logits.length),
      [1, 1],
    );
    for (const { backend } of members) {
      assert.equal(backend.status, "closed");
    }
  });
});
