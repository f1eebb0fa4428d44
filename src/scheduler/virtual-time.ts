/**
 * Simulates how far requests would be if all of them shared the model equally, token by token.
 * Pure.
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
  /**
   * Takes the last `tokens` of a request out, which the model will not compute; `finish` is what
   * `start` returned. What the request had of the shared model beyond what is left of it goes to the
   * others, so that there is as much to do here as in the real queue.
   */
  cancel(finish: number, tokens: number): void;
  /** Moves time on by the work that the model did. */
  advance(tokens: number): void;
  /** Takes out all requests. */
  clear(): void;
}

/** Returns time 0 with no request. */
export function createVirtualTime(): VirtualTime {
  /** When the active requests would be finished, the first one last. */
  const finishes: number[] = [];
  let now = 0;

  function insert(finish: number): void {
    let position = finishes.length;
    while (position > 0 && (finishes[position - 1] ?? 0) < finish) position -= 1;
    finishes.splice(position, 0, finish);
  }

  function advance(tokens: number): void {
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
  }

  return {
    get now() {
      return now;
    },
    start(tokens) {
      const finish = now + tokens;
      insert(finish);
      return finish;
    },
    cancel(finish, tokens) {
      const position = finishes.indexOf(finish);
      if (position >= 0) finishes.splice(position, 1);
      const shortened = finish - tokens;
      if (shortened > now) insert(shortened);
      else advance(Math.min(now, finish) - shortened);
    },
    advance,
    clear() {
      finishes.length = 0;
    },
  };
}
