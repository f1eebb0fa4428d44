import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Passage } from "./rerank-request.ts";

/** The cached logit of one (query, document) pair, and how its texts were read. */
export interface PairScore {
  readonly logit: number;
  readonly queryTruncated: boolean;
  readonly documentTruncated: boolean;
  /** Whether a text lost tokens because the pair was longer than `max_length`. */
  readonly tooLong: boolean;
  /** The part of the document that scored best. Only where it was read in windows. */
  readonly passage?: Passage;
}

/** A pair, and how it is read. */
export interface PairKey {
  readonly query: string;
  readonly document: string;
  /** A word for everything in the request that changes the score of the texts; without `:`. */
  readonly reading: string;
}

/** How often a cache helped. */
export interface ScoreCacheCounts {
  /** Pairs that were found, since the start. */
  readonly hits: number;
  /** Pairs that were not. */
  readonly misses: number;
  /** Pairs that are kept now. */
  readonly entries: number;
}

/** Scores of pairs that were asked for before. One model and one `max_length` each. */
export interface ScoreCache {
  /** Returns how often it helped so far. */
  counts(): ScoreCacheCounts;
  get(key: PairKey): PairScore | undefined;
  set(key: PairKey, score: PairScore): void;
}

/**
 * Memory of one entry: key, value and the cache's own links (measured: 180 bytes each over 100,000
 * on Node 20, 220 with a passage).
 */
const entryBytes = 220;

const bytesPerMegabyte = 1_000_000;

/**
 * Returns a cache of about `megabytes` that forgets what was not asked for longest. Texts are not
 * kept: the key is a hash of them (SHA-256, 128 bits kept).
 */
export function createScoreCache(megabytes: number): ScoreCache {
  const max = Math.max(1, Math.floor((megabytes * bytesPerMegabyte) / entryBytes));
  const scores = new LRUCache<string, PairScore>({ max });
  let hits = 0;
  let misses = 0;
  return {
    counts: () => ({ hits, misses, entries: scores.size }),
    get(key) {
      const score = scores.get(hashOf(key));
      if (score) hits += 1;
      else misses += 1;
      return score;
    },
    set: (key, score) => {
      scores.set(hashOf(key), score);
    },
  };
}

/** The length comes first, so that no other split of the same characters has the same key. */
function hashOf({ query, document, reading }: PairKey): string {
  const text = `${reading}:${query.length}:${query}${document}`;
  return createHash("sha256").update(text).digest().toString("latin1", 0, 16);
}
