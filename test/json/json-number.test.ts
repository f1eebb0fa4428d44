import assert from "node:assert/strict";
import { test } from "node:test";
import { isExactNumber } from "../../src/json/json-number.ts";

test("isExactNumber() knows the numbers of which JSON keeps every digit", () => {
  const exact = ["0", "-7", "0.5", "9007199254740991", "-9007199254740991", "1e3"];
  const inexact = ["9007199254740992", "9007199254740993", "-9007199254740993", "1e400"];

  assert.deepEqual(
    exact.map((text) => isExactNumber(JSON.parse(text))),
    exact.map(() => true),
  );
  assert.deepEqual(
    inexact.map((text) => isExactNumber(JSON.parse(text))),
    inexact.map(() => false),
  );
});
