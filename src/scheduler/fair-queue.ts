import { createVirtualTime } from "./virtual-time.ts";

/** How batches are formed. */
export interface BatchPolicy {
  /** Most tokens of a batch after padding. A single longer pair is a batch of its own. */
  readonly maxBatchTokens: number;
  /**
   * What one more run of the model costs, expressed in tokens. A pair joins a batch when padding it
   * up to the batch's length costs no more than this; else a run of its own is cheaper.
   */
  readonly runOverheadTokens: number;
}

/** One pair in the queue: which request it is of, and which of its pairs. */
export interface QueuedPair<Key> {
  readonly key: Key;
  readonly pair: number;
}

interface Entry<Key> {
  readonly key: Key;
  /** When the request would be finished if all shared the model equally: its place in the queue. */
  readonly finish: number;
  /** Pairs not yet taken, shortest first, so that the longest is popped from the end. */
  readonly pairs: { pair: number; length: number }[];
  /** Tokens of these pairs. */
  tokens: number;
  /** Tokens of later requests that may still go ahead of this one. */
  slackTokens: number;
}

/** Pairs that wait for the model, and the policy that picks the next batch. Pure: no threads. */
export interface FairQueue<Key> {
  /** Tokens of all waiting pairs, without padding. */
  readonly tokens: number;
  /** Number of waiting pairs. */
  readonly size: number;
  /** The requests that have waiting pairs, in no particular order. */
  keys(): Iterable<Key>;
  /**
   * Returns how many of the waiting tokens run before a request of `tokens` is done if it comes now:
   * those of the requests that it may not go ahead of.
   */
  tokensAheadOf(tokens: number): number;
  /**
   * Adds the pairs of one request; `lengths[i]` is the tokens of pair i. The key must not be in the
   * queue. Later requests go ahead of it for `slackTokens` at most. Default: without limit.
   */
  add(key: Key, lengths: readonly number[], slackTokens?: number): void;
  /** Drops the waiting pairs of one request, if there are any. */
  remove(key: Key): void;
  /** Takes the next batch out of the queue, longest pair first; empty when nothing waits. */
  takeBatch(): QueuedPair<Key>[];
}

/**
 * Returns a queue that serves first the request that would be finished first if all of them shared
 * the model equally (Friedman and Henderson, "Fairness and efficiency in web server protocols",
 * 2003). A request of one document is not stuck behind one of a thousand, requests of one size are
 * served in the order in which they came, and none is finished later than under equal sharing, so
 * the large ones do not starve. A request with a deadline is promised its place: later ones go
 * ahead of it only as long as it can spare the time.
 *
 * That request leads a batch with its longest pair; it and then the others in their order add pairs
 * of nearly the same length while the budget lasts.
 */
export function createFairQueue<Key>(policy: BatchPolicy): FairQueue<Key> {
  const { maxBatchTokens, runOverheadTokens } = policy;
  const time = createVirtualTime();
  const entries = new Map<Key, Entry<Key>>();
  /** The entries in the order in which they are served. */
  const order: Entry<Key>[] = [];
  let tokens = 0;
  let size = 0;

  function add(
    key: Key,
    lengths: readonly number[],
    slackTokens: number = Number.POSITIVE_INFINITY,
  ): void {
    if (lengths.length === 0) return;
    const pairs = lengths.map((length, pair) => ({ pair, length }));
    pairs.sort((a, b) => a.length - b.length || b.pair - a.pair);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const position = positionOf(total);
    for (const passed of order.slice(position)) passed.slackTokens -= total;
    const finish = time.start(total);
    const entry: Entry<Key> = { key, pairs, tokens: total, finish, slackTokens };
    entries.set(key, entry);
    order.splice(position, 0, entry);
    size += pairs.length;
    tokens += total;
  }

  function remove(key: Key): void {
    const entry = entries.get(key);
    if (!entry) return;
    size -= entry.pairs.length;
    tokens -= entry.tokens;
    time.cancel(entry.finish);
    forget(entry);
  }

  function forget(entry: Entry<Key>): void {
    entries.delete(entry.key);
    order.splice(order.indexOf(entry), 1);
  }

  /** Returns the place of a new request: ahead of those that are finished later and can spare it. */
  function positionOf(own: number): number {
    const finish = time.now + own;
    let position = order.length;
    for (let last = order.at(-1); last !== undefined; last = order[position - 1]) {
      if (last.finish <= finish || last.slackTokens < own) break;
      position -= 1;
    }
    return position;
  }

  function tokensAheadOf(own: number): number {
    return order.slice(0, positionOf(own)).reduce((sum, entry) => sum + entry.tokens, 0);
  }

  function takeBatch(): QueuedPair<Key>[] {
    const longest = order[0]?.pairs.at(-1)?.length;
    if (longest === undefined) return [];
    const room = Math.max(1, Math.floor(maxBatchTokens / Math.max(1, longest)));
    const batch: QueuedPair<Key>[] = [];
    for (const entry of [...order]) {
      takeFrom(entry, longest, room, batch);
      if (batch.length >= room) break;
    }
    return batch;
  }

  /** Moves the entry's pairs that fit beside `longest` into the batch, longest first. */
  function takeFrom(
    entry: Entry<Key>,
    longest: number,
    room: number,
    batch: QueuedPair<Key>[],
  ): void {
    const end = upperBound(entry.pairs, longest);
    let start = end;
    for (let free = room - batch.length; free > 0 && start > 0; free -= 1) {
      const length = entry.pairs[start - 1]?.length ?? 0;
      if (longest - length > runOverheadTokens) break;
      start -= 1;
    }
    const taken = entry.pairs.splice(start, end - start);
    for (const { pair, length } of taken.reverse()) {
      batch.push({ key: entry.key, pair });
      entry.tokens -= length;
      tokens -= length;
      size -= 1;
      time.advance(length);
    }
    if (entry.pairs.length === 0) forget(entry);
  }

  return {
    get tokens() {
      return tokens;
    },
    get size() {
      return size;
    },
    keys: () => entries.keys(),
    tokensAheadOf,
    add,
    remove,
    takeBatch,
  };
}

/** Returns the number of pairs no longer than `length`; `pairs` are sorted, shortest first. */
function upperBound(pairs: readonly { length: number }[], length: number): number {
  let low = 0;
  let high = pairs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pairs[middle]?.length ?? 0) <= length) low = middle + 1;
    else high = middle;
  }
  return low;
}
