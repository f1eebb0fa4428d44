import { setTimeout as wait } from "node:timers/promises";
import type { Caller } from "./callers.ts";

/** Pause before a call is sent again, in milliseconds. */
const pauseMs = 50;

/** How long a call is sent again, in milliseconds: far longer than a server takes to start. */
const maxMs = 30_000;

/**
 * Returns a caller that sends again what was not answered, as a client may: ranking has no side
 * effects. `repeats.count` is how often it did.
 */
export function retrying(caller: Caller, repeats: { count: number }): Caller {
  return {
    ...caller,
    async call(question) {
      const endMs = performance.now() + maxMs;
      for (;;) {
        const ending = await caller.call(question);
        if (ending.outcome === "answered" || performance.now() > endMs) return ending;
        repeats.count += 1;
        await wait(pauseMs);
      }
    },
  };
}
