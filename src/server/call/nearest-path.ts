/**
 * Returns the known path that a client meant which has a slash too many, the wrong case, or
 * a base URL that holds a part of the path already (`/rerank/v1/rerank`, `/v1/v1/rerank`);
 * undefined if there is none. `path` has no query.
 */
export function nearestPath(path: string, known: readonly string[]): string | undefined {
  const wanted = path
    .replaceAll(/\/{2,}/g, "/")
    .replace(/\/$/, "")
    .toLowerCase();
  return known
    .filter((candidate) => wanted.endsWith(candidate.toLowerCase()))
    .sort((left, right) => right.length - left.length)[0];
}
