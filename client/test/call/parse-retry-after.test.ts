import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { retryInfoOf } from "../../../src/server/rpc/connect-error.ts";
import { retryAfterMsOf } from "../../src/call/parse-retry-after.ts";

suite("retryAfterMsOf()", () => {
  test("reads what the server's RetryInfo says, to the millisecond", () => {
    for (const waitMs of [0, 1, 250, 1_500, 86_400_001]) {
      assert.equal(retryAfterMsOf([retryInfoOf(waitMs)], "7"), waitMs);
    }
  });

  test("reads the header in seconds where there is no RetryInfo", () => {
    const other = { type: "google.rpc.DebugInfo", value: new Uint8Array([1, 2, 3]) };
    assert.equal(retryAfterMsOf([other], "2"), 2_000);
    assert.equal(retryAfterMsOf([], "0"), 0);
  });

  test("is undefined where neither can be read", () => {
    const empty = { type: "google.rpc.RetryInfo", value: new Uint8Array() };
    assert.equal(retryAfterMsOf([empty], null), undefined);
    assert.equal(retryAfterMsOf([], "Wed, 21 Oct 2026 07:28:00 GMT"), undefined);
    assert.equal(retryAfterMsOf([], ""), undefined);
    assert.equal(retryAfterMsOf([], "-1"), undefined);
  });

  test("is undefined for bytes that are no message", () => {
    // A field without a number; a duration that is cut off; one of minus a second.
    for (const bytes of [[0], [0x0a, 2, 0x08], [0x0a, 11, 0x08, ...new Array(9).fill(255), 1]]) {
      const broken = { type: "google.rpc.RetryInfo", value: Uint8Array.from(bytes) };
      assert.equal(retryAfterMsOf([broken], null), undefined);
      assert.equal(retryAfterMsOf([broken], "2"), 2_000);
    }
  });
});
