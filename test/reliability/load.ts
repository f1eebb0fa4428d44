import { setTimeout as wait } from "node:timers/promises";
import type { Caller, Question } from "./callers.ts";
import { createTally, type Tally } from "./tally.ts";

/** Calls that go on until they are stopped. */
export interface Load {
  readonly tally: Tally;
  /** Resolves when this many more calls were answered. */
  answered(more: number): Promise<void>;
  /** Ends it; resolves when every call has ended. */
  stop(): Promise<Tally>;
}

/** What to send. */
export interface LoadOptions {
  readonly callers: readonly Caller[];
  /** Calls under way at once for each caller. */
  readonly perCaller: number;
  /** A pause after each call, in milliseconds, so that the machine has time for others. */
  readonly pauseMs?: number;
  readonly question?: Question;
}

/** Pause after a call for which nobody listened, in milliseconds. */
const unreachedPauseMs = 20;

/** A small request, a few milliseconds of work. */
export const smallQuestion: Question = {
  query: "who answers after a crash",
  documents: ["a new worker takes the work of the old one", "apples are red", ""],
};

/** Begins to call. The callers stay the caller's to close. */
export function startLoad(options: LoadOptions): Load {
  const { callers, perCaller, pauseMs = 0, question = smallQuestion } = options;
  const tally = createTally();
  const waiting = new Set<() => void>();
  let isOver = false;

  async function callOn(caller: Caller): Promise<void> {
    while (!isOver) {
      const { outcome, reason } = await caller.call(question);
      tally.add(outcome, reason);
      for (const look of [...waiting]) look();
      const pause = outcome === "unreached" ? Math.max(pauseMs, unreachedPauseMs) : pauseMs;
      if (pause > 0) await wait(pause);
    }
  }

  const loops = callers.flatMap((caller) =>
    Array.from({ length: perCaller }, () => callOn(caller)),
  );
  return {
    tally,
    answered(more) {
      const wanted = tally.answered + more;
      return new Promise((resolve) => {
        const look = (): void => {
          if (tally.answered < wanted) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
    async stop() {
      isOver = true;
      await Promise.all(loops);
      return tally;
    },
  };
}
