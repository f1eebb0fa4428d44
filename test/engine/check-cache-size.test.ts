import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { checkCacheSize } from "../../src/engine/check-cache-size.ts";
import { StartupError } from "../../src/errors.ts";

suite("checkCacheSize()", () => {
  test("takes what leaves a quarter of the heap", () => {
    checkCacheSize(0, 1);
    checkCacheSize(3_000, 4_000_000_000);
  });

  test("refuses more, and tells how to have a larger heap", () => {
    assert.throws(
      () => checkCacheSize(3_001, 4_000_000_000),
      (error) =>
        error instanceof StartupError &&
        /^--cache-mb must be at most 3000 .* got: `3001`$/.test(error.message) &&
        /max-old-space-size/.test(error.hint ?? ""),
    );
  });
});
