import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { hasColors } from "../../src/terminal/has-colors.ts";

suite("hasColors()", () => {
  for (const [title, isTTY, env, expected] of [
    ["colours a terminal", true, {}, true],
    ["leaves a pipe plain", false, {}, false],
    ["honours NO_COLOR", true, { NO_COLOR: "1" }, false],
    ["takes an empty NO_COLOR for none", true, { NO_COLOR: "" }, true],
    ["leaves a dumb terminal plain", true, { TERM: "dumb" }, false],
    ["colours a pipe if FORCE_COLOR is set", false, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
    ["honours FORCE_COLOR=0", true, { FORCE_COLOR: "0" }, false],
  ] as const) {
    test(title, () => {
      assert.equal(hasColors({ isTTY }, env), expected);
    });
  }
});
