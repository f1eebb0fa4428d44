import { countCodePoints, firstCodePoints } from "../../src/characters.ts";
import type { Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import type { RerankCase } from "./corpus.ts";

/**
 * Returns the requests with documents cut so that no pair has more than `maxTokens` tokens, special
 * tokens included: for servers that refuse a longer one instead of cutting it. A document that fits
 * stays as it is.
 */
export async function fitCorpus(
  corpus: readonly RerankCase[],
  tokenizer: Pick<Tokenizer, "encodePairs">,
  maxTokens: number,
): Promise<RerankCase[]> {
  const fitted: RerankCase[] = [];
  for (const { query, documents } of corpus) {
    const fits = async (texts: readonly string[]) =>
      (await tokenizer.encodePairs(query, texts, { maxLength: maxTokens })).map(
        ({ tooLong }) => !tooLong,
      );
    fitted.push({ query, documents: await fitDocuments(documents, fits) });
  }
  return fitted;
}

/** Finds the longest start of each document that fits, halving the interval where it must end. */
async function fitDocuments(
  documents: readonly string[],
  fits: (texts: readonly string[]) => Promise<readonly boolean[]>,
): Promise<string[]> {
  const whole = await fits(documents);
  const bounds = documents.map((text, index) => {
    const length = countCodePoints(text);
    return whole[index] ? { text, fit: length, over: length + 1 } : { text, fit: 0, over: length };
  });
  for (;;) {
    const open = bounds.filter(({ fit, over }) => over - fit > 1);
    if (open.length === 0) break;
    const middles = open.map(({ fit, over }) => Math.floor((fit + over) / 2));
    const answers = await fits(open.map(({ text }, at) => firstCodePoints(text, middles[at] ?? 0)));
    for (const [at, bound] of open.entries()) {
      if (answers[at]) bound.fit = middles[at] ?? 0;
      else bound.over = middles[at] ?? 0;
    }
  }
  return bounds.map(({ text, fit }) => firstCodePoints(text, fit));
}
