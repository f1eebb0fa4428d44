import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createAnswerQueue } from "../../../../src/server/rpc/rerank/answer-queue.ts";

suite("createAnswerQueue()", () => {
  test("yields what was put in, before and during the iteration, until it ends", async () => {
    const queue = createAnswerQueue<number>();
    const received: number[] = [];
    queue.put(1);

    for await (const value of queue.values()) {
      received.push(value);
      if (value < 3) setImmediate(() => queue.put(value + 1));
      else queue.end();
    }

    assert.deepEqual(received, [1, 2, 3]);
  });

  test("yields what is left when it ends", async () => {
    const queue = createAnswerQueue<number>();
    queue.put(1);
    queue.put(2);
    queue.end();

    const received: number[] = [];
    for await (const value of queue.values()) received.push(value);
    assert.deepEqual(received, [1, 2]);
  });

  test("fails at once, with the first error", async () => {
    const queue = createAnswerQueue<number>();
    const next = queue.values().next();

    queue.fail(new Error("first"));
    queue.fail(new Error("second"));

    await assert.rejects(next, /first/);
  });
});
