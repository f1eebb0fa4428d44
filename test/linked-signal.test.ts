import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { linkSignals } from "../src/linked-signal.ts";

suite("linkSignals()", () => {
  test("aborts with the first signal that does, and its reason", () => {
    const first = new AbortController();
    const second = new AbortController();
    const { signal } = linkSignals({ signals: [first.signal, second.signal] });

    second.abort("second");
    first.abort("first");

    assert.equal(signal.reason, "second");
  });

  test("is aborted at once if a signal was", () => {
    const { signal } = linkSignals({ signals: [AbortSignal.abort("before")] });

    assert.equal(signal.reason, "before");
  });

  test("translates the reason", () => {
    const { signal } = linkSignals({
      signals: [AbortSignal.abort("before")],
      toReason: ({ reason }) => `translated ${reason}`,
    });

    assert.equal(signal.reason, "translated before");
  });

  test("aborts when the time has passed", async () => {
    const { signal } = linkSignals({ signals: [], timeoutMs: 1, timeoutReason: () => "late" });

    await new Promise((resolve) => signal.addEventListener("abort", resolve));

    assert.equal(signal.reason, "late");
  });

  test("follows nothing after unlink()", () => {
    const followed = new AbortController();
    const { signal, unlink } = linkSignals({ signals: [followed.signal], timeoutMs: 1 });

    unlink();
    followed.abort();

    assert.equal(signal.aborted, false);
  });
});
