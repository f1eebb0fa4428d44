import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";

/** What is known of one (query, document) pair. */
export interface PairScore {
  readonly logit: number;
  readonly queryTruncated: boolean;
  readonly documentTruncated: boolean;
}

/** Scores of pairs that were asked for before. One model and one `max_length` each. */
export interface ScoreCache {
  get(query: string, document: string): PairScore | undefined;
  set(query: string, document: string, score: PairScore): void;
}

/**
 * Memory of one entry: key, value and the cache's own links (measured: 190 bytes each over 100,000
 * on Node 20).
 */
const entryBytes = 200;

const bytesPerMegabyte = 1_000_000;

/**
 * Returns a cache of about `megabytes` that forgets what was not asked for longest. Texts are not
 * kept: the key is a hash of them (SHA-256, 128 bits kept).
 */
export function createScoreCache(megabytes: number): ScoreCache {
  const max = Math.max(1, Math.floor((megabytes * bytesPerMegabyte) / entryBytes));
  const scores = new LRUCache<string, PairScore>({ max });
  return {
    get: (query, document) => scores.get(keyOf(query, document)),
    set: (query, document, score) => {
      scores.set(keyOf(query, document), score);
    },
  };
}

/** The length comes first, so that no other split of the same characters has the same key. */
function keyOf(query: string, document: string): string {
  const hash = createHash("sha256").update(`${query.length}:${query}${document}`).digest();
  return hash.toString("latin1", 0, 16);
}
