/**
 * Returns what `run` returns for each of the items, in their order, with at most `limit` of them under
 * way at a time. Rejects as the first that rejects; no further one is begun then.
 */
export async function mapTogether<Item, Result>(
  items: readonly Item[],
  limit: number,
  run: (item: Item, position: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  // All workers take from one iterator.
  const waiting = items.entries();
  let hasFailed = false;
  const work = async (): Promise<void> => {
    for (const [position, item] of waiting) {
      if (hasFailed) return;
      try {
        results[position] = await run(item, position);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}
