import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RerankError } from "../../src/errors.ts";
import { atPosition, errorAt } from "../../src/reranker/at-position.ts";

suite("errorAt()", () => {
  test("adds the position and keeps everything else", () => {
    const details = { field: "documents", limit: 10, retryAfterMs: 250 };
    const cause = new RerankError("resource_exhausted", "too many", details);

    const error = errorAt(2, cause);

    assert(error instanceof RerankError);
    assert.deepEqual({ ...error }, { ...cause, position: 2 });
    assert.equal(error.message, cause.message);
    assert.equal(error.cause, cause);
  });

  test("returns what is no RerankError as it is", () => {
    const error = new TypeError("a bug");
    assert.equal(errorAt(2, error), error);
  });
});

suite("atPosition()", () => {
  test("returns what the function returns", () => {
    assert.equal(
      atPosition(1, () => "a"),
      "a",
    );
  });

  test("throws its error with the position", () => {
    const run = () => {
      throw new RerankError("invalid_argument", "no", { limit: 3 });
    };
    assert.throws(() => atPosition(1, run), { position: 1, limit: 3 });
  });
});
