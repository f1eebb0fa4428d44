import type { Tally } from "./tally.ts";

/** What was seen when something was broken. */
export interface Finding {
  /** What happened, for a person. */
  readonly happened: string;
  readonly tally: Tally;
  /** From the fault until requests were answered again, in milliseconds; absent where they always were. */
  readonly recoveryMs?: number;
}

/** Something to break, and what is promised then. */
export interface Fault {
  readonly name: string;
  readonly promise: string;
  /** Breaks it, and rejects if the promise is not kept. */
  run(): Promise<Finding>;
}
