import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { errorFromAbort, RerankError } from "../src/errors.ts";

suite("errorFromAbort()", () => {
  test("takes a time-out for a passed deadline", () => {
    const signal = AbortSignal.abort(new DOMException("late", "TimeoutError"));

    assert.equal(errorFromAbort(signal).code, "deadline_exceeded");
  });

  test("takes any other reason for a caller that has gone, and keeps it as the cause", () => {
    const reason = new Error("socket closed");

    const error = errorFromAbort(AbortSignal.abort(reason));

    assert.equal(error.code, "cancelled");
    assert.equal(error.cause, reason);
    assert.doesNotMatch(error.message, /socket/);
  });

  test("returns a RerankError as it is", () => {
    const reason = new RerankError("unavailable", "draining");

    assert.equal(errorFromAbort(AbortSignal.abort(reason)), reason);
  });
});
