/** Most edits between two words of which one is taken for a misspelling of the other. */
const maxEdits = 3;

/**
 * Returns the word of a list that a misspelled one was most likely meant to be, or undefined if none
 * is near: at most three edits away and less than half of the word, or with the misspelled one as
 * its start or the other way round. Case and `_` for `-` count nothing.
 */
export function nearestWord(misspelled: string, words: readonly string[]): string | undefined {
  const plain = plainOf(misspelled);
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const word of words) {
    const other = plainOf(word);
    const edits = editsBetween(plain, other);
    const near = edits <= maxEdits && edits * 2 < Math.max(plain.length, other.length);
    if ((!near && !isStartOf(plain, other)) || edits >= fewest) continue;
    best = word;
    fewest = edits;
  }
  return best;
}

function plainOf(word: string): string {
  return word.toLowerCase().replaceAll("_", "-");
}

/** Fewest characters of a prefix that identify a word. */
const minStartChars = 4;

function isStartOf(one: string, other: string): boolean {
  const [shorter, longer] = one.length < other.length ? [one, other] : [other, one];
  return shorter.length >= minStartChars && longer.startsWith(shorter);
}

/**
 * Returns the optimal string alignment distance: the insertions, deletions, replacements and swaps
 * of neighbours that turn one word into the other.
 */
function editsBetween(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[line - 1] === to[column - 1];
      const replaced = (row[column - 1] ?? 0) + (isSame ? 0 : 1);
      const isSwap = from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1];
      const swapped = isSwap && line > 1 && column > 1 ? (before[column - 2] ?? 0) + 1 : replaced;
      const moved = Math.min(row[column] ?? 0, next[column - 1] ?? 0) + 1;
      next.push(Math.min(replaced, swapped, moved));
    }
    [before, row] = [row, next];
  }
  return row[to.length] ?? 0;
}
