import type { Tokenizer as NativeTokenizer } from "tokenizers";
import { errorFromAbort, RerankError, StartupError } from "../errors.ts";
import { createIdEncoder, MAX_TEXT_TOKENS } from "./id-encoder.ts";
import { isWholeNumber } from "./json-value.ts";
import { layOutPair, type PairTemplate } from "./pair-template.ts";
import type { Encoding, Tokenizer } from "./tokenizer.ts";
import { readTokenizerFile } from "./tokenizer-file.ts";
import { truncateLongestFirst } from "./truncate.ts";

/** Where a tokenizer comes from. */
export interface TokenizerOptions {
  /** Path of the tokenizer.json. */
  readonly path: string;
  /**
   * The padding id to use if tokenizer.json states none: `pad_token_id` of the model's config.json. Default: the id of
   * `<pad>` or `[PAD]` in the vocabulary.
   */
  readonly padTokenId?: number | undefined;
}

/** Padding tokens by the names that XLM-R and BERT give them. */
const PAD_TOKENS = ["<pad>", "[PAD]"] as const;

/**
 * Loads a tokenizer.json of the Hugging Face `tokenizers` library.
 *
 * Pairs get the ids that Python's fast tokenizers give them, also where a text spells out a special token. Settings for
 * truncation and padding in the file are ignored, but for the padding id. Equal documents of a call share one Encoding.
 * `encodePairs` rejects with RerankError `invalid_argument` if `maxLength` is less than the special tokens of a pair or not
 * below 65,536, and `internal` if the native library fails.
 *
 * Rejects with StartupError if the file is missing, broken, or lays out a pair in a way that is not understood.
 */
export async function createTokenizer(options: TokenizerOptions): Promise<Tokenizer> {
  const { native, template, padId } = await readTokenizerFile(options.path);
  const encoder = createIdEncoder(native);

  return {
    padId: padId ?? options.padTokenId ?? findPadId(native, options.path),

    async encodePairs(query, documents, { maxLength, signal }) {
      checkMaxLength(maxLength, template);
      if (signal?.aborted) throw errorFromAbort(signal);
      const queryIds = await encoder.encode(query);

      const encodings = new Map<string, Encoding>();
      const budgetTokens = maxLength - template.specialTokenCount;
      await encoder.encodeEach(
        [...new Set(documents)],
        (documentIds, document) => {
          encodings.set(document, encodePair(template, queryIds, documentIds, budgetTokens));
        },
        signal,
      );
      return documents.map((document) => encodings.get(document) as Encoding);
    },
  };
}

function encodePair(
  template: PairTemplate,
  query: Int32Array,
  document: Int32Array,
  budgetTokens: number,
): Encoding {
  const full = { queryTokens: query.length, documentTokens: document.length };
  const kept = truncateLongestFirst(full, budgetTokens);
  return {
    ...layOutPair(template, { query, document }, kept),
    queryTruncated: kept.queryTokens < full.queryTokens,
    documentTruncated: kept.documentTokens < full.documentTokens,
  };
}

function checkMaxLength(maxLength: number, template: PairTemplate): void {
  const least = template.specialTokenCount;
  if (isWholeNumber(maxLength) && maxLength >= least && maxLength < MAX_TEXT_TOKENS) return;
  throw new RerankError(
    "invalid_argument",
    `\`max_length\` must be a whole number of ${least} to ${MAX_TEXT_TOKENS - 1}, got: \`${maxLength}\``,
    { field: "max_length" },
  );
}

function findPadId(native: NativeTokenizer, path: string): number {
  for (const token of PAD_TOKENS) {
    const id = native.tokenToId(token);
    if (id !== null) return id;
  }
  throw new StartupError(
    `cannot use the tokenizer ${path}: it has no padding id and no token ${PAD_TOKENS.map((token) => `\`${token}\``).join(" or ")}`,
    { hint: "set `pad_token_id` in the model's config.json" },
  );
}
