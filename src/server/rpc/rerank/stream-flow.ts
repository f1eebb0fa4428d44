/** Hands values from many producers to one consumer, in the order in which they were put in. */
export interface AnswerQueue<Value> {
  put(value: Value): void;
  /** Ends the iteration once the queue is empty. */
  end(): void;
  /** Ends the iteration at once with an error; what is still queued is lost. */
  fail(error: unknown): void;
  /** Yields the values as they come. */
  values(): AsyncGenerator<Value>;
}

/** Returns an empty queue. It has no limit of its own: its producers keep to theirs. */
export function createAnswerQueue<Value>(): AnswerQueue<Value> {
  const queued: Value[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => undefined;

  return {
    put(value) {
      queued.push(value);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    fail(error) {
      failure ??= { error };
      wake();
    },
    async *values() {
      while (true) {
        if (failure) throw failure.error;
        const value = queued.shift();
        if (value !== undefined) yield value;
        else if (ended) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}

/** Counts the requests in flight. A caller can wait until one more may start, or until none is left. */
export interface Places {
  take(): void;
  free(): void;
  /** Resolves once fewer than the maximum are taken. */
  whenFree(): Promise<void>;
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
    whenFree: () => whenBelow(max),
    whenEmpty: () => whenBelow(1),
    close() {
      closed = true;
      wake();
    },
  };
}
