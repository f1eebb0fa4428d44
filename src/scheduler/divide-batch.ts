import { RerankError } from "../errors.ts";
import type { QueuedPair } from "./fair-queue.ts";

/**
 * Returns the two parts in which a batch that failed is tried again, so that no request fails for
 * the fault of another; undefined if all of it has failed for good: there is one request left, or
 * the fault lies in none of them. A single request is divided as well where one of its pairs does
 * not fit into memory, to find out which.
 */
export function divideBatch<Key>(
  batch: readonly QueuedPair<Key>[],
  { code }: RerankError,
): readonly (readonly QueuedPair<Key>[])[] | undefined {
  const isTooLarge = code === "resource_exhausted";
  if (!isTooLarge && code !== "internal") return undefined;
  const requests = [...new Set(batch.map(({ key }) => key))];
  if (requests.length > 1) {
    const first = new Set(requests.slice(0, requests.length / 2));
    const isFirst = ({ key }: QueuedPair<Key>) => first.has(key);
    return [batch.filter(isFirst), batch.filter((queued) => !isFirst(queued))];
  }
  if (!isTooLarge || batch.length === 1) return undefined;
  const half = Math.ceil(batch.length / 2);
  return [batch.slice(0, half), batch.slice(half)];
}

/** Returns the error of a request of a failed batch; where one pair is too large, with its position. */
export function errorOfRequest(error: RerankError, isAlone: boolean, pair: number): RerankError {
  if (error.code !== "resource_exhausted" || !isAlone) return error;
  return new RerankError(error.code, error.message, { cause: error, position: pair });
}
