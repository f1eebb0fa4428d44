import type { Encoding as NativeEncoding, Tokenizer as NativeTokenizer } from "tokenizers";

const encodeOptions = { addSpecialTokens: false } as const;

/** Encodes single texts without special tokens, on libuv's thread pool. */
export interface TextEncoder {
  /** Encodes the start of a text: its first tokens, up to the limit. */
  encodeStart(text: string): Promise<NativeEncoding>;
  /** Encodes a text to its end. */
  encodeWhole(text: string): Promise<NativeEncoding>;
}

/**
 * Returns a TextEncoder over a native tokenizer, whose truncation it takes over. `maxStartTokens`
 * is the limit of `encodeStart`.
 *
 * The library stops early at a text that it truncates, which halves the time of one of megabytes,
 * but truncation is a setting of the whole tokenizer. It is off while a text is longer than the
 * limit and must be read whole; a start that is encoded meanwhile is cut after the fact.
 */
export function createTextEncoder(native: NativeTokenizer, maxStartTokens: number): TextEncoder {
  native.setTruncation(maxStartTokens);
  let wholeUnderWay = 0;

  async function encodeStart(text: string): Promise<NativeEncoding> {
    const encoding = await native.encode(text, null, encodeOptions);
    // Without a direction the library keeps the end.
    if (encoding.getLength() > maxStartTokens) encoding.truncate(maxStartTokens, 0, "right");
    return encoding;
  }

  async function encodeWhole(text: string): Promise<NativeEncoding> {
    // Most texts have fewer tokens than characters, so that the limit does not touch short ones.
    if (text.length < maxStartTokens) {
      const start = await encodeStart(text);
      if (start.getLength() < maxStartTokens) return start;
    }
    wholeUnderWay += 1;
    if (wholeUnderWay === 1) native.disableTruncation();
    try {
      return await native.encode(text, null, encodeOptions);
    } finally {
      wholeUnderWay -= 1;
      if (wholeUnderWay === 0) native.setTruncation(maxStartTokens);
    }
  }

  return { encodeStart, encodeWhole };
}
