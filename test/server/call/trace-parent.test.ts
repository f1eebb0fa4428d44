import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseTraceParent } from "../../../src/server/call/call.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

suite("parseTraceParent()", () => {
  test("reads version 00, with and without a state", () => {
    const traceparent = `00-${traceId}-${spanId}-01`;

    assert.deepEqual(parseTraceParent({ traceparent }), { traceId, spanId, flags: 1, state: "" });
    assert.deepEqual(parseTraceParent({ traceparent, tracestate: "a=1,b=2" }), {
      traceId,
      spanId,
      flags: 1,
      state: "a=1,b=2",
    });
  });

  test("reads a later version, which may have more", () => {
    for (const end of ["", "-", "-more-to-come"]) {
      const parent = parseTraceParent({ traceparent: `cc-${traceId}-${spanId}-00${end}` });
      assert.equal(parent?.flags, 0);
    }
  });

  for (const [title, traceparent] of [
    ["nothing", undefined],
    ["an empty one", ""],
    ["more in version 00", `00-${traceId}-${spanId}-01-more`],
    ["version ff", `ff-${traceId}-${spanId}-01`],
    ["a trace of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
    ["a span of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
    ["upper case", `00-${traceId.toUpperCase()}-${spanId}-01`],
    ["a short trace", `00-${traceId.slice(1)}-${spanId}-01`],
    ["no flags", `00-${traceId}-${spanId}`],
    ["two of them", `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`],
  ] as const) {
    test(`takes ${title} for none`, () => {
      assert.equal(parseTraceParent({ traceparent }), undefined);
    });
  }

  test("drops a state that is longer than everybody must take", () => {
    const traceparent = `00-${traceId}-${spanId}-01`;

    assert.equal(parseTraceParent({ traceparent, tracestate: "a".repeat(513) })?.state, "");
    assert.equal(parseTraceParent({ traceparent, tracestate: "a".repeat(512) })?.state.length, 512);
  });
});
