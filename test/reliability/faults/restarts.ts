import assert from "node:assert/strict";
import { createCallers } from "../callers.ts";
import type { Fault } from "../fault.ts";
import { startLoad } from "../load.ts";
import { startRealServer } from "../real-server.ts";

/** Restarts of the whole server, one after the other, under load that never stops. */
export function restarts(count: number): Fault {
  return {
    name: `${count} restarts with SIGTERM under load`,
    promise:
      "every call that was taken is answered; where nobody listens, the connection is refused",
    async run() {
      let server = await startRealServer();
      const callers = createCallers(server.port);
      const load = startLoad({ callers, perCaller: 3, pauseMs: 2 });
      const gapsMs: number[] = [];
      try {
        for (let restart = 0; restart < count; restart += 1) {
          await load.answered(20);
          assert.equal(await server.end("SIGTERM"), 0);
          const startMs = performance.now();
          server = await startRealServer({ port: server.port });
          gapsMs.push(performance.now() - startMs);
        }
        await load.answered(20);
      } finally {
        await load.stop();
        for (const caller of callers) caller.close();
        await server.end();
      }
      const { tally } = load;
      const happened = `${tally.unreached} connections were refused between two servers`;
      return { happened, tally, recoveryMs: median(gapsMs) };
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
