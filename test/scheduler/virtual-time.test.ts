import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createVirtualTime } from "../../src/scheduler/virtual-time.ts";

suite("createVirtualTime()", () => {
  test("runs at the model's speed for one request, and at half of it for two", () => {
    const time = createVirtualTime();
    time.start(100);
    time.advance(40);
    assert.equal(time.now, 40);

    time.start(100);
    time.advance(40);

    assert.equal(time.now, 60);
  });

  test("gives a request that comes later the same share from then on", () => {
    const time = createVirtualTime();
    assert.equal(time.start(100), 100);
    time.advance(30);

    assert.equal(time.start(100), 130);
    assert.equal(time.start(10), 40);
  });

  test("speeds up when a request is finished", () => {
    const time = createVirtualTime();
    time.start(10);
    time.start(50);

    time.advance(20);
    assert.equal(time.now, 10);
    time.advance(15);
    assert.equal(time.now, 25);
  });

  test("speeds up when a request is given up, and stands still without any", () => {
    const time = createVirtualTime();
    const given = time.start(1000);
    time.start(50);
    time.cancel(given, 1000);

    time.advance(70);
    time.advance(1000);

    assert.equal(time.now, 50);
  });

  test("gives the others what a request had that was given up before it was served", () => {
    const time = createVirtualTime();
    const given = time.start(100);
    time.start(100);
    time.advance(80);
    assert.equal(time.now, 40);

    time.cancel(given, 100);

    // The model has served 80 tokens, all of them to the other one.
    assert.equal(time.now, 80);
  });

  test("keeps the share of a request that was served before it was given up", () => {
    const time = createVirtualTime();
    const given = time.start(100);
    time.start(100);
    time.advance(80);

    time.cancel(given, 20);

    assert.equal(time.now, 40);
    time.advance(80);
    assert.equal(time.now, 80);
    time.advance(20);
    assert.equal(time.now, 100);
  });

  test("gives back what a request had that was virtually finished", () => {
    const time = createVirtualTime();
    const given = time.start(10);
    time.start(100);
    time.advance(40);
    assert.equal(time.now, 30);

    time.cancel(given, 10);

    assert.equal(time.now, 40);
  });

  test("forgets all requests", () => {
    const time = createVirtualTime();
    time.start(10);
    time.clear();

    time.advance(100);
    assert.equal(time.now, 0);
  });
});
