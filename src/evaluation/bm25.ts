/** Saturation of term frequencies, and weight of the text's length: the usual values. */
const k1 = 1.2;
const b = 0.75;

/**
 * Runs of kana, Han, Hangul, Thai, Lao and Burmese, and words of all other scripts; Indic vowel
 * signs are marks, which belong to a word though they are no letters. The same as in the bundled
 * model's training, so that figures can be compared.
 */
const runs =
  /[\u3040-\u30FF\u3400-\uFAFF\u0E00-\u0EFF\u1000-\u109F]+|[\p{L}\p{N}_\u0900-\u0DFF]+?(?=[^\p{L}\p{N}_\u0900-\u0DFF]|$|[\u3040-\u9FFF\uAC00-\uD7A3])/gu;

const withoutSpaces = /^[\u3040-\u30FF\u3400-\uFAFF\u0E00-\u0EFF\u1000-\u109F]/u;

/**
 * Returns the terms of a text in any language: words in lower case, or character bigrams for scripts
 * that are written without spaces, and for Korean, whose words carry endings.
 */
export function termsOf(text: string): string[] {
  return [...text.toLowerCase().matchAll(runs)].flatMap(([run]) =>
    withoutSpaces.test(run) && run.length > 1
      ? Array.from({ length: run.length - 1 }, (_bigram, at) => run.slice(at, at + 2))
      : run,
  );
}

/**
 * Returns a function that scores every text for a query by Okapi BM25 (k1 1.2, b 0.75, idf
 * ln(1 + (N - df + 0.5) / (df + 0.5))), where the texts are the whole collection. Terms that a
 * query repeats count once.
 */
export function createBm25(texts: readonly string[]): (query: string) => number[] {
  const counts = texts.map((text) => countsOf(termsOf(text)));
  const lengths = counts.map((count) => [...count.values()].reduce((sum, n) => sum + n, 0));
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, texts.length);
  const textsWith = new Map<string, number>();
  for (const count of counts) {
    for (const term of count.keys()) textsWith.set(term, (textsWith.get(term) ?? 0) + 1);
  }

  return (query) => {
    const terms = [...new Set(termsOf(query))];
    return counts.map((count, at) => {
      const norm = k1 * (1 - b + (b * (lengths[at] ?? 0)) / Math.max(mean, 1));
      return terms.reduce((score, term) => {
        const frequency = count.get(term);
        if (frequency === undefined) return score;
        const df = textsWith.get(term) ?? 0;
        const idf = Math.log(1 + (texts.length - df + 0.5) / (df + 0.5));
        return score + (idf * frequency * (k1 + 1)) / (frequency + norm);
      }, 0);
    });
  };
}

function countsOf(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}
