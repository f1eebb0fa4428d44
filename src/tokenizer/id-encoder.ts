import type { Tokenizer as NativeTokenizer } from "tokenizers";
import { errorFromAbort, RerankError } from "../errors.ts";

/**
 * Tokens kept of one text. A text with more is cut there off the main thread, so that no document, however long, holds up
 * the event loop while its ids are copied (600,000 of them took 40 ms). A pair is cut to fewer tokens than this in any
 * case, and `longest_first` only compares a text with the length of the pair, so the cut never shows in a result.
 */
export const MAX_TEXT_TOKENS = 65_536;

/**
 * Texts of one call that wait in the thread pool at a time: enough to keep its four threads at work, few enough that another
 * call's texts are next in the queue.
 */
const MAX_CONCURRENT_TEXTS = 4;

const ENCODE_OPTIONS = { addSpecialTokens: false } as const;

/** Turns single texts into token ids without special tokens, on the libuv thread pool. */
export interface IdEncoder {
  /** Returns the first `MAX_TEXT_TOKENS` ids of a text. Special tokens spelled out in the text become special tokens. */
  encode(text: string): Promise<Int32Array>;
  /**
   * Encodes each text and hands its ids to `onIds`, in no set order. Rejects at the first failure, or once the signal is
   * aborted and a text is done; `onIds` is not called after that.
   */
  encodeEach(
    texts: readonly string[],
    onIds: (ids: Int32Array, text: string) => void,
    signal?: AbortSignal,
  ): Promise<void>;
}

/** Returns an IdEncoder over a native tokenizer, whose truncation it takes over. */
export function createIdEncoder(native: NativeTokenizer): IdEncoder {
  native.setTruncation(MAX_TEXT_TOKENS);

  async function encode(text: string): Promise<Int32Array> {
    try {
      const encoding = await native.encode(text, null, ENCODE_OPTIONS);
      return new Int32Array(encoding.getIds());
    } catch (error) {
      throw new RerankError("internal", "a text could not be tokenized", { cause: error });
    }
  }

  return {
    encode,
    async encodeEach(texts, onIds, signal) {
      const waiting = texts.values();
      let stopped = false;
      const encodeInTurn = async (): Promise<void> => {
        for (const text of waiting) {
          if (signal?.aborted) throw errorFromAbort(signal);
          const ids = await encode(text);
          if (stopped) return;
          if (signal?.aborted) throw errorFromAbort(signal);
          onIds(ids, text);
        }
      };
      const lanes = Array.from({ length: MAX_CONCURRENT_TEXTS }, encodeInTurn);
      try {
        await Promise.all(lanes);
      } finally {
        stopped = true;
      }
    },
  };
}
