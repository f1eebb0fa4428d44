/** Rules for restarting a worker that crashed. All in milliseconds. */
export interface RestartPolicy {
  /** The wait before the first restart; each further one waits twice as long. Default 200. */
  readonly firstDelayMs?: number;
  /** The longest wait. Default 30,000. */
  readonly maxDelayMs?: number;
  /** A worker that served this long resets the count when it crashes. Default 10,000. */
  readonly stableAfterMs?: number;
}

/**
 * What applies where a policy says nothing: quick after one crash, gentle to a machine where no
 * start succeeds. A worker that loads a model and serves for ten seconds is no such machine: were it
 * counted, one crash a minute would add up to waits of half a minute.
 */
export const defaultRestartPolicy = {
  firstDelayMs: 200,
  maxDelayMs: 30_000,
  stableAfterMs: 10_000,
} as const satisfies Required<RestartPolicy>;

/**
 * Returns the wait before a restart after `failures` crashes and failed starts in a row before it,
 * 0 for the first.
 */
export function restartDelayMs(failures: number, policy: Required<RestartPolicy>): number {
  return Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** failures);
}
