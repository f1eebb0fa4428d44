import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createAnswerQueue, createPlaces } from "../../../../src/server/rpc/rerank/stream-flow.ts";

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

suite("createPlaces()", () => {
  test("is free below its number", async () => {
    const places = createPlaces(2);
    places.take();

    await places.whenFree();
  });

  test("lets others wait until a place is free", async () => {
    const places = createPlaces(1);
    const order: string[] = [];
    places.take();
    const waited = places.whenFree().then(() => order.push("may go on"));

    order.push("free");
    places.free();
    await waited;

    assert.deepEqual(order, ["free", "may go on"]);
  });

  test("tells when nobody is left", async () => {
    const places = createPlaces(5);
    let isEmpty = false;
    places.take();
    places.take();
    const emptied = places.whenEmpty().then(() => {
      isEmpty = true;
    });

    places.free();
    await places.whenFree();
    assert.equal(isEmpty, false);
    places.free();

    await emptied;
  });

  test("lets everybody go when it closes", async () => {
    const places = createPlaces(1);
    places.take();
    const waited = [places.whenFree(), places.whenEmpty()];

    places.close();

    await Promise.all(waited);
    await places.whenFree();
  });
});
