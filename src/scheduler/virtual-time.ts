/**
 * How far requests would be if all of them shared the model equally, token by token. Pure.
 *
 * Time is counted in tokens served to each request: it runs at the model's speed while one request
 * is active, and at a third of it while three are. A request of n tokens that comes at time t would
 * be finished at t + n, whatever comes after it.
 */
export interface VirtualTime {
  /** The time now. */
  readonly now: number;
  /** Adds a request and returns when it would be finished. */
  start(tokens: number): number;
  /** Takes out a request that was given up; `finish` is what `start` returned. */
  cancel(finish: number): void;
  /** Moves time on by the work that the model did. */
  advance(tokens: number): void;
}

/** Returns time 0 with no request. */
export function createVirtualTime(): VirtualTime {
  /** When the active requests would be finished, the first one last. */
  const finishes: number[] = [];
  let now = 0;

  return {
    get now() {
      return now;
    },
    start(tokens) {
      const finish = now + tokens;
      let position = finishes.length;
      while (position > 0 && (finishes[position - 1] ?? 0) < finish) position -= 1;
      finishes.splice(position, 0, finish);
      return finish;
    },
    cancel(finish) {
      const position = finishes.indexOf(finish);
      if (position >= 0) finishes.splice(position, 1);
    },
    advance(tokens) {
      let left = tokens;
      while (left > 0) {
        const next = finishes.at(-1);
        if (next === undefined) return;
        const share = left / finishes.length;
        if (now + share < next) {
          now += share;
          return;
        }
        left -= (next - now) * finishes.length;
        now = next;
        finishes.pop();
      }
    },
  };
}
