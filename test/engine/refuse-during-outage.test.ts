import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { refuseDuringOutage } from "../../src/engine/refuse-during-outage.ts";
import { createFakeBackend } from "../fakes/fake-backend.ts";

suite("refuseDuringOutage()", () => {
  test("has no room for what comes during an outage, and scores what came before", async () => {
    const backend = createFakeBackend();
    const checked: number[] = [];
    const scored = { logits: new Float32Array(1), queueMs: 0, inferenceMs: 0 };
    const scheduler = refuseDuringOutage(
      { checkRoom: (tokens) => checked.push(tokens), score: async () => scored },
      backend,
    );
    const call = { signal: new AbortController().signal };

    scheduler.checkRoom(1, undefined);
    backend.changeOutage(250);
    assert.throws(() => scheduler.checkRoom(2, undefined), {
      code: "unavailable",
      retryAfterMs: 250,
    });
    assert.equal(await scheduler.score([], call), scored);
    backend.changeOutage(undefined);
    scheduler.checkRoom(3, undefined);

    assert.deepEqual(checked, [1, 3]);
  });
});
