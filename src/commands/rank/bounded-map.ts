/** How much work may be under way. */
export interface BoundedMapOptions<Item, Result> {
  /** Does the work for one item. */
  readonly work: (item: Item) => Promise<Result>;
  /** What an item counts against `maxSize`. */
  readonly sizeOf: (item: Item) => number;
  /** Most items that are taken and whose results are not handed out yet. */
  readonly maxItems: number;
  /** Most that these items may count together; one is taken however much it counts. */
  readonly maxSize: number;
  /** Whether results keep the order of the items; else each comes when it is there. */
  readonly ordered: boolean;
}

interface Entry<Result> {
  readonly size: number;
  outcome: { readonly result: Result } | { readonly error: unknown } | undefined;
}

/**
 * Works on items side by side and yields all results that are there each time there are any. Items
 * are taken only while there is room and while results are taken, so memory is bounded whatever comes
 * in and whoever reads. Throws the first error of an item or of the work; whoever calls ends the work
 * that is left.
 */
export async function* boundedMap<Item, Result>(
  items: AsyncIterable<Item>,
  { work, sizeOf, maxItems, maxSize, ordered }: BoundedMapOptions<Item, Result>,
): AsyncGenerator<Result[]> {
  const source = items[Symbol.asyncIterator]();
  /** In the order in which their results are to be handed out, as far as that is known. */
  let entries: Entry<Result>[] = [];
  let size = 0;
  let reading = false;
  let ended = false;
  let fault: { readonly error: unknown } | undefined;
  let changed = (): void => {};

  async function read(): Promise<void> {
    reading = true;
    try {
      const next = await source.next();
      if (next.done) ended = true;
      else start(next.value);
    } catch (error) {
      fault ??= { error };
    }
    reading = false;
    changed();
  }

  function start(item: Item): void {
    const entry: Entry<Result> = { size: sizeOf(item), outcome: undefined };
    entries.push(entry);
    size += entry.size;
    const settle = (outcome: NonNullable<Entry<Result>["outcome"]>): void => {
      entry.outcome = outcome;
      if ("error" in outcome) fault ??= outcome;
      changed();
    };
    work(item).then(
      (result) => settle({ result }),
      (error: unknown) => settle({ error }),
    );
  }

  function takeReady(): Result[] {
    // What comes after a failed item is not handed out either: in order, it would leave a gap.
    const isWaiting = ({ outcome }: Entry<Result>): boolean => !(outcome && "result" in outcome);
    const firstWaiting = ordered ? entries.findIndex(isWaiting) : -1;
    const candidates = firstWaiting < 0 ? entries : entries.slice(0, firstWaiting);
    const ready: Result[] = [];
    for (const { outcome, size: freed } of candidates) {
      if (outcome === undefined || !("result" in outcome)) continue;
      ready.push(outcome.result);
      size -= freed;
    }
    entries = ordered ? entries.slice(candidates.length) : entries.filter(isWaiting);
    return ready;
  }

  const hasRoom = (): boolean =>
    entries.length === 0 || (entries.length < maxItems && size < maxSize);

  try {
    for (;;) {
      const change = new Promise<void>((resolve) => {
        changed = resolve;
      });
      const ready = takeReady();
      if (ready.length > 0) yield ready;
      if (fault !== undefined) throw fault.error;
      if (!reading && !ended && hasRoom()) void read();
      if (ended && entries.length === 0) return;
      await change;
    }
  } finally {
    if (!reading && !ended) await source.return?.();
  }
}
