import { createVirtualTime } from "./virtual-time.ts";
import { type BatchPolicy, createRunCounter, pairsPerBatch, type Work, workOf } from "./work.ts";

/** A request's cost to the requests it goes ahead of, and the delay it accepts from later ones. */
export interface Place {
  /** What the request costs those that it goes ahead of, in the unit of their slack. */
  readonly cost: number;
  /** How much later requests may cost that go ahead of this one. Infinite: they always may. */
  readonly slack: number;
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
  /** The request's work when it came, if nothing else shares its runs. */
  readonly work: Work;
  /** What the request cost, when it came, each of those that it went ahead of. */
  readonly cost: number;
  /** What later requests may still cost that go ahead of this one. */
  slack: number;
}

/** A batch that is being formed, and what may still be added. */
interface OpenBatch<Key> {
  readonly batch: QueuedPair<Key>[];
  /** Tokens of its longest pair, to which the others are padded. */
  readonly longest: number;
  freePairs: number;
  freeTokens: number;
}

/** Limits of one batch, beside the policy's. Default of each: none. */
export interface BatchLimits {
  /** Most tokens after padding. */
  readonly paddedTokens?: number;
  /** About how many tokens without padding: the part of one worker where several share the queue. */
  readonly shareTokens?: number;
}

/** Pairs that wait for the model, and the policy that picks the next batch. Pure: no threads. */
export interface FairQueue<Key> {
  /** Tokens of all waiting pairs, without padding. */
  readonly tokens: number;
  /** The work of all waiting pairs. */
  readonly work: Work;
  /** Number of waiting pairs. */
  readonly size: number;
  /** The requests that have waiting pairs, in no particular order. */
  keys(): Iterable<Key>;
  /**
   * Returns the part of the waiting work that is done before a request of `tokens` and `cost` if it
   * comes now: that of the requests that it may not go ahead of.
   */
  workAheadOf(tokens: number, cost?: number): Work;
  /**
   * Adds the pairs of one request; `lengths[i]` is the tokens of pair i. The key must not be in the
   * queue. Default: the cost is its tokens, and the slack infinite.
   */
  add(key: Key, lengths: readonly number[], place?: Partial<Place>): void;
  /** Drops the waiting pairs of one request, if there are any. */
  remove(key: Key): void;
  /**
   * Takes the next batch out of the queue, longest pair first; empty when nothing waits. It has one
   * pair at least, however small the limits.
   */
  takeBatch(limits?: BatchLimits): QueuedPair<Key>[];
}

/**
 * Returns a queue that serves first the request that would be finished first if all of them shared
 * the model equally (Friedman and Henderson, "Fairness and efficiency in web server protocols",
 * 2003). A request of one document is not stuck behind one of a thousand, requests of one size are
 * served in the order in which they came, and none is finished later than under equal sharing, so
 * the large ones do not starve. A request with a deadline is promised its place: later ones go
 * ahead of it only as long as it can spare the time, and the time of one that is given up is spare
 * again.
 *
 * That request leads a batch with its longest pair; it and then the others in their order add pairs
 * of nearly the same length while the budget lasts. `present` is how batches are formed now.
 */
export function createFairQueue<Key>(present: () => BatchPolicy): FairQueue<Key> {
  const time = createVirtualTime();
  const entries = new Map<Key, Entry<Key>>();
  /** The entries in the order in which they are served. */
  const order: Entry<Key>[] = [];
  const together = createRunCounter(present);
  let tokens = 0;
  let size = 0;

  function add(key: Key, lengths: readonly number[], place: Partial<Place> = {}): void {
    if (lengths.length === 0) return;
    const pairs = lengths.map((length, pair) => ({ pair, length }));
    pairs.sort((a, b) => a.length - b.length || b.pair - a.pair);
    const work = workOf(lengths, present());
    const { cost = work.tokens, slack = Number.POSITIVE_INFINITY } = place;
    const position = positionOf(work.tokens, cost);
    for (const passed of order.slice(position)) passed.slack -= cost;
    const finish = time.start(work.tokens);
    const entry: Entry<Key> = { key, pairs, tokens: work.tokens, work, finish, cost, slack };
    entries.set(key, entry);
    order.splice(position, 0, entry);
    for (const { length } of pairs) together.add(length);
    size += pairs.length;
    tokens += work.tokens;
  }

  function remove(key: Key): void {
    const entry = entries.get(key);
    if (!entry) return;
    giveSlackBack(entry);
    for (const { length } of entry.pairs) together.remove(length);
    size -= entry.pairs.length;
    tokens -= entry.tokens;
    time.cancel(entry.finish, entry.tokens);
    forget(entry);
  }

  /** Requests behind one that is given up get the time that it will not take. */
  function giveSlackBack(entry: Entry<Key>): void {
    const unused = entry.cost * shareLeftOf(entry);
    for (const behind of order.slice(order.indexOf(entry) + 1)) behind.slack += unused;
  }

  function forget(entry: Entry<Key>): void {
    entries.delete(entry.key);
    order.splice(order.indexOf(entry), 1);
    // Rounding must not add up for ever.
    if (order.length === 0) time.clear();
  }

  /** Returns the place of a new request: ahead of those that are finished later and can spare it. */
  function positionOf(own: number, cost: number): number {
    const finish = time.now + own;
    let position = order.length;
    for (let last = order.at(-1); last !== undefined; last = order[position - 1]) {
      if (last.finish <= finish || last.slack < cost) break;
      position -= 1;
    }
    return position;
  }

  function workAheadOf(own: number, cost: number = own): Work {
    let [allRuns, aheadRuns, aheadTokens] = [0, 0, 0];
    const position = positionOf(own, cost);
    for (const [place, entry] of order.entries()) {
      const runs = entry.work.runs * shareLeftOf(entry);
      allRuns += runs;
      if (place >= position) continue;
      aheadRuns += runs;
      aheadTokens += entry.tokens;
    }
    // Requests share runs, those ahead as much as all of them.
    const runs = allRuns > 0 ? (together.runs * aheadRuns) / allRuns : 0;
    return { runs: Math.min(runs, aheadRuns), tokens: aheadTokens };
  }

  function takeBatch(limits: BatchLimits = {}): QueuedPair<Key>[] {
    const longest = order[0]?.pairs.at(-1)?.length;
    if (longest === undefined) return [];
    const { paddedTokens = Number.POSITIVE_INFINITY, shareTokens = Number.POSITIVE_INFINITY } =
      limits;
    const policy = present();
    const maxBatchTokens = Math.min(policy.maxBatchTokens, paddedTokens);
    const open = {
      batch: [] as QueuedPair<Key>[],
      longest,
      freePairs: pairsPerBatch({ ...policy, maxBatchTokens }, longest),
      freeTokens: shareTokens,
    };
    for (const entry of [...order]) {
      takeFrom(entry, open);
      if (open.freePairs <= 0 || open.freeTokens <= 0) break;
    }
    return open.batch;
  }

  /** Moves the entry's pairs that fit beside the longest into the batch, longest first. */
  function takeFrom(entry: Entry<Key>, open: OpenBatch<Key>): void {
    const { longest, batch } = open;
    const { runOverheadTokens } = present();
    const end = upperBound(entry.pairs, longest);
    let start = end;
    while (open.freePairs > 0 && start > 0) {
      const length = entry.pairs[start - 1]?.length ?? 0;
      if (longest - length > runOverheadTokens) break;
      // Rounded to whole pairs, and never to none.
      const isFirst = batch.length === 0 && start === end;
      if (!isFirst && open.freeTokens < length / 2) {
        open.freeTokens = 0;
        break;
      }
      start -= 1;
      open.freePairs -= 1;
      open.freeTokens -= length;
    }
    const taken = entry.pairs.splice(start, end - start);
    for (const { pair, length } of taken.reverse()) {
      batch.push({ key: entry.key, pair });
      together.remove(length);
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
    get work() {
      return { runs: together.runs, tokens };
    },
    get size() {
      return size;
    },
    keys: () => entries.keys(),
    workAheadOf,
    add,
    remove,
    takeBatch,
  };
}

/** Returns how much of an entry's work is left, 0 to 1. */
function shareLeftOf({ tokens, work }: Entry<unknown>): number {
  return work.tokens > 0 ? tokens / work.tokens : 1;
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
