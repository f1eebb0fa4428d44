import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { createCallers } from "../callers.ts";
import type { Fault } from "../fault.ts";
import { smallQuestion, startLoad } from "../load.ts";
import { startRealServer } from "../real-server.ts";
import { retrying } from "../retrying.ts";
import { breakUnderLoad } from "../with-load.ts";

/** A second server on the same port. */
export const portTaken: Fault = {
  name: "the port is taken",
  promise: "the second server says so and ends; the first one keeps serving",
  async run() {
    const { tally } = await breakUnderLoad(async ({ server }) => {
      await assert.rejects(startRealServer({ port: server.port }), /error: .*in use/);
    });
    return { happened: "status 1 and `error: … in use`", tally };
  },
};

/** The end that a supervisor asks for. */
export const terminated: Fault = {
  name: "SIGTERM under load",
  promise: "every call that was taken is answered, and the status is 0",
  async run() {
    const server = await startRealServer();
    const callers = createCallers(server.port);
    const load = startLoad({ callers, perCaller: 4 });
    await load.answered(100);
    const startMs = performance.now();
    const status = await server.end("SIGTERM");
    const drainMs = Math.round(performance.now() - startMs);
    const tally = await load.stop();
    for (const caller of callers) caller.close();
    assert.equal(status, 0);
    return { happened: `ended with 0 after ${drainMs} ms`, tally };
  },
};

/** The end that nobody asks for: the kernel's out-of-memory killer, or an operator. */
export const killed: Fault = {
  name: "SIGKILL under load, and a new process",
  promise: "no call hangs: connections break at once, and a client that sends again is answered",
  async run() {
    const first = await startRealServer();
    const repeats = { count: 0 };
    const callers = createCallers(first.port).map((caller) => retrying(caller, repeats));
    const load = startLoad({ callers, perCaller: 2, pauseMs: 5 });
    await load.answered(30);
    const startMs = performance.now();
    await first.end("SIGKILL");
    const second = await startRealServer({ port: first.port });
    await load.answered(1);
    const recoveryMs = performance.now() - startMs;
    await load.answered(30);
    const tally = await load.stop();
    for (const caller of callers) caller.close();
    await second.end();
    return { happened: `clients sent again ${repeats.count} times`, tally, recoveryMs };
  },
};

/** How long the process stands still, in milliseconds. */
const frozenMs = 3_000;

/** A process that the scheduler or a debugger stops, as a machine that swaps or a paused VM. */
export const frozen: Fault = {
  name: "the process is frozen for 3 s (SIGSTOP, SIGCONT)",
  promise: "calls with a deadline end at it, the others are answered afterwards",
  async run() {
    const { result, tally } = await breakUnderLoad(async ({ server, load }) => {
      server.child.kill("SIGSTOP");
      const hasty = createCallers(server.port).slice(1);
      const endings = await Promise.all(
        hasty.map((caller) => caller.call({ ...smallQuestion, timeoutMs: 500 })),
      );
      for (const caller of hasty) caller.close();
      for (const { reason } of endings) assert.match(reason ?? "", /deadline/i);
      await wait(frozenMs);
      const thawedMs = performance.now();
      server.child.kill("SIGCONT");
      await load.answered(1);
      return performance.now() - thawedMs;
    });
    return {
      happened: "deadlines held in the clients, and nothing was lost",
      tally,
      recoveryMs: result,
    };
  },
};
