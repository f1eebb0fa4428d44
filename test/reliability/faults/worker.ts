import assert from "node:assert/strict";
import { createCallers } from "../callers.ts";
import type { Fault } from "../fault.ts";
import type { CrashKind } from "../saboteur-protocol.ts";
import { breakUnderLoad } from "../with-load.ts";

/**
 * Some hundred milliseconds of work, in many batches. It may wait longer than the thread takes to
 * run out of heap, which is seconds, and more with the larger heap of Node 26.
 */
const largeQuestion = {
  query: "who answers after a crash",
  documents: Array.from({ length: 60 }, (_, index) => `words to read ${index} `.repeat(10)),
  timeoutMs: 60_000,
};

const crashes: readonly (readonly [CrashKind, string])[] = [
  ["exit", "the inference thread exits"],
  ["throw", "the inference thread throws an uncaught error"],
  ["abort", "the inference thread ends with the status of an abort"],
  ["oom", "the inference thread runs out of heap"],
];

/** Ends of the inference thread while it has work. */
export const workerCrashes: readonly Fault[] = crashes.map(([how, name]) => ({
  name,
  promise: "what it held and what waits is tried once more; what comes meanwhile is refused",
  async run() {
    const { result, tally } = await breakUnderLoad(async ({ server }) => {
      const callers = createCallers(server.port);
      const from = server.lines.length;
      const held = callers.map((caller) => caller.call(largeQuestion));
      // Its answer comes before theirs, so they wait or run by then.
      await callers[0]?.call({ query: "q", documents: ["a"] });
      const recoveryMs = await server.crashWorker(how);
      for (const ending of await Promise.all(held))
        assert.deepEqual(ending, { outcome: "answered" });
      for (const caller of callers) caller.close();
      await server.logged("the inference worker ended and is being restarted", from);
      return { recoveryMs, held: held.length };
    });
    return {
      happened: `${result.held} large requests that the crash met were answered by the next thread`,
      tally,
      recoveryMs: result.recoveryMs,
    };
  },
}));

/** A request that ends every thread that computes it. */
export const poison: Fault = {
  name: "a request that kills every thread that computes it",
  promise: "after the second time it alone is refused, and not as something to try again",
  async run() {
    const { result, tally } = await breakUnderLoad(async ({ server }) => {
      const [caller] = createCallers(server.port);
      assert(caller !== undefined);
      const from = server.lines.length;
      const ending = await caller.call({ query: "q", documents: ["poison ".repeat(200), "a"] });
      caller.close();
      assert.equal(ending.outcome, "refused");
      assert.match(ending.reason ?? "", /^HTTP 500 .*failed twice on this request/);
      const { recovery_ms } = await server.logged("the inference worker is back", from);
      const crashes = server.lines.slice(from).filter(({ msg }) => /worker ended/.test(msg));
      assert.equal(crashes.length, 2);
      return { recoveryMs: Number(recovery_ms) };
    });
    return {
      happened: "two crashes, then HTTP 500 for it; the others were answered",
      tally,
      ...result,
    };
  },
};
