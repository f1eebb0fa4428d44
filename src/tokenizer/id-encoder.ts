import type { Tokenizer as NativeTokenizer } from "tokenizers";

/**
 * Tokens kept of one text. A pair is cut to fewer tokens than this in any case, and `longest_first`
 * only compares a text with the length of the pair, so the cut never shows in a result; it bounds
 * what a document of megabytes costs.
 */
export const maxTextTokens = 65_536;

/**
 * Texts of one call that wait in libuv's thread pool at a time: as many as the pool has threads by
 * default.
 */
const maxConcurrentTexts = 4;

const encodeOptions = { addSpecialTokens: false } as const;

/** Token ids of several texts, one after the other. */
export interface PackedIds {
  readonly ids: Int32Array<ArrayBuffer>;
  /** Tokens of each text, in order. */
  readonly lengths: Int32Array<ArrayBuffer>;
}

/** Turns texts into token ids without special tokens, on libuv's thread pool. */
export interface IdEncoder {
  /**
   * Returns the first `maxTextTokens` ids of each text. Special tokens spelled out in a text become
   * special tokens. Rejects with the library's error if it fails at a text.
   */
  encodeTexts(texts: readonly string[]): Promise<PackedIds>;
}

/** Returns an IdEncoder over a native tokenizer, whose truncation it takes over. */
export function createIdEncoder(native: NativeTokenizer): IdEncoder {
  native.setTruncation(maxTextTokens);

  return {
    async encodeTexts(texts) {
      const idsOfTexts: number[][] = new Array(texts.length);
      // The turns share one iterator, so that each takes the next text that nobody has.
      const waiting = texts.entries();
      const encodeInTurn = async (): Promise<void> => {
        for (const [i, text] of waiting) {
          const encoding = await native.encode(text, null, encodeOptions);
          idsOfTexts[i] = encoding.getIds();
        }
      };
      await Promise.all(Array.from({ length: maxConcurrentTexts }, encodeInTurn));
      return pack(idsOfTexts);
    },
  };
}

function pack(idsOfTexts: readonly number[][]): PackedIds {
  const lengths = Int32Array.from(idsOfTexts, (ids) => ids.length);
  const packed = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const ids of idsOfTexts) {
    packed.set(ids, offset);
    offset += ids.length;
  }
  return { ids: packed, lengths };
}
