/** Counts who is in, and lets others wait until there is room or nobody left. */
export interface Places {
  take(): void;
  free(): void;
  /** Resolves once fewer than the maximum are taken. */
  whenRoom(): Promise<void>;
  /** Resolves once none is taken. */
  whenEmpty(): Promise<void>;
  /** Frees all of them for good. */
  close(): void;
}

/** Returns `max` free places. */
export function createPlaces(max: number): Places {
  let taken = 0;
  let closed = false;
  let waiting: { readonly below: number; readonly resolve: () => void }[] = [];

  const wake = (): void => {
    const ready = waiting.filter(({ below }) => closed || taken < below);
    waiting = waiting.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  };
  const whenBelow = (below: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ below, resolve });
      wake();
    });

  return {
    take() {
      taken += 1;
    },
    free() {
      taken -= 1;
      wake();
    },
    whenRoom: () => whenBelow(max),
    whenEmpty: () => whenBelow(1),
    close() {
      closed = true;
      wake();
    },
  };
}
