/** How a call ended for its client. */
export type Outcome =
  /** With a ranking. */
  | "answered"
  /** With a status that says that nothing was done: the client may send it again. */
  | "refused"
  /** The server was not reached: nobody listened. */
  | "unreached"
  /** In any other way: the client cannot know what became of it. */
  | "lost";

/** Counts how calls ended. */
export interface Tally {
  readonly sent: number;
  readonly answered: number;
  readonly refused: number;
  readonly unreached: number;
  readonly lost: number;
  /** What the lost and refused ones ended with, and how often. */
  readonly reasons: ReadonlyMap<string, number>;
  add(outcome: Outcome, reason?: string): void;
}

/** Returns a tally of nothing. */
export function createTally(): Tally {
  const counts = { answered: 0, refused: 0, unreached: 0, lost: 0 };
  const reasons = new Map<string, number>();
  return {
    get sent() {
      return counts.answered + counts.refused + counts.unreached + counts.lost;
    },
    get answered() {
      return counts.answered;
    },
    get refused() {
      return counts.refused;
    },
    get unreached() {
      return counts.unreached;
    },
    get lost() {
      return counts.lost;
    },
    reasons,
    add(outcome, reason) {
      counts[outcome] += 1;
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    },
  };
}
