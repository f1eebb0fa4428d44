/** Guesses from earlier requests how many tokens a request has, before its texts are read. */
export interface TokenEstimate {
  /**
   * Returns how many tokens the query has at least together with each of the documents: 0 until
   * something was learnt.
   */
  leastTokens(texts: EstimatedTexts): number;
  /** Learns from pairs that were read: the UTF-16 units of their texts, and their tokens. */
  learn(pairs: ReadPairs): void;
}

/** What is to be guessed. */
export interface EstimatedTexts {
  readonly query: string;
  readonly documents: readonly string[];
  /** Most tokens that are read of a document. Default: no limit of its own. */
  readonly maxTokensPerDocument?: number | undefined;
}

/** Pairs that were read. */
export interface ReadPairs {
  readonly pairs: number;
  readonly characters: number;
  readonly tokens: number;
}

/** A text with fewer tokens than this share of the usual ones is rare: twice as dense a script. */
const leastShare = 0.4;

/** Characters after which what was learnt before counts half. */
const memoryCharacters = 100_000;

/** Tokens of a pair that are no text: as many as the special tokens of most models. */
const usualTemplateTokens = 4;

/**
 * Returns an estimate for pairs that are cut to `maxLength` tokens, of which `templateTokens` are of
 * neither text.
 */
export function createTokenEstimate(
  maxLength: number,
  templateTokens = usualTemplateTokens,
): TokenEstimate {
  let seenCharacters = 0;
  let seenTokens = 0;
  return {
    leastTokens({ query, documents, maxTokensPerDocument = maxLength }) {
      if (seenCharacters === 0) return 0;
      const perCharacter = (leastShare * seenTokens) / seenCharacters;
      const ofQuery = query.length * perCharacter;
      const ofPair = ({ length }: string) =>
        Math.min(maxLength, ofQuery + Math.min(length * perCharacter, maxTokensPerDocument));
      return documents.reduce((sum, document) => sum + ofPair(document), 0);
    },
    learn({ pairs, characters, tokens }) {
      const keep = 0.5 ** (characters / memoryCharacters);
      seenCharacters = seenCharacters * keep + characters;
      seenTokens = seenTokens * keep + Math.max(0, tokens - templateTokens * pairs);
    },
  };
}
