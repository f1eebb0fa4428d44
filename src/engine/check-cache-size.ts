import { getHeapStatistics } from "node:v8";
import { StartupError } from "../errors.ts";

/** Share of the heap that scores may take: the rest of the server needs some as well. */
const maxHeapShare = 0.75;

const bytesPerMegabyte = 1_000_000;

/**
 * Throws a StartupError if a cache of `megabytes` would not fit into the heap of JavaScript, whose
 * size is set apart from the machine's memory: the process would end once the cache is full.
 */
export function checkCacheSize(
  megabytes: number,
  heapBytes: number = getHeapStatistics().heap_size_limit,
): void {
  const maxMegabytes = Math.floor((heapBytes * maxHeapShare) / bytesPerMegabyte);
  if (megabytes <= maxMegabytes) return;
  const message = `--cache-mb must be at most ${maxMegabytes} with this size of heap, got: \`${megabytes}\``;
  throw new StartupError(message, {
    hint: "a larger heap, in MiB, is set with NODE_OPTIONS=--max-old-space-size=6144",
  });
}
