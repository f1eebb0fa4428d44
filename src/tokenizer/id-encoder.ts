import type { Tokenizer as NativeTokenizer } from "tokenizers";
import { createTextEncoder } from "./text-encoder.ts";
import type { PackedIds, TextExtent } from "./thread/tokenizer-message.ts";
import { windowsOf } from "./window-plan.ts";
import { spanOf } from "./window-span.ts";

/** Fewest tokens that are kept of the start of a text, where it has that many. */
const minStartTokens = 65_536;

/**
 * Returns how many tokens are kept of the start of a text for pairs of at most `maxLength`. A pair
 * is cut to fewer tokens than this in any case, and `longest_first` only compares a text with the
 * length of the pair, so the cut never shows in a result; it bounds what a document of megabytes
 * costs.
 */
export function startTokensFor(maxLength: number): number {
  return Math.max(minStartTokens, maxLength + 1);
}

/**
 * Texts of one call that wait in libuv's thread pool at a time: as many as the pool has threads by
 * default.
 */
const maxConcurrentTexts = 4;

/** Turns texts into token ids without special tokens, on libuv's thread pool. */
export interface IdEncoder {
  /**
   * Returns the ids of each text: the first `maxStartTokens` of them for the extent `start`, all for
   * others. Special tokens spelled out in a text become special tokens. Rejects with the library's
   * error if it fails at a text.
   */
  encodeTexts(texts: readonly string[], extent: TextExtent): Promise<PackedIds>;
}

interface EncodedText {
  readonly ids: number[];
  readonly edges: number[];
}

/** Returns an IdEncoder over a native tokenizer, whose truncation it takes over. */
export function createIdEncoder(native: NativeTokenizer, maxStartTokens: number): IdEncoder {
  const { encodeStart, encodeWhole } = createTextEncoder(native, maxStartTokens);

  async function encodeText(text: string, extent: TextExtent): Promise<EncodedText> {
    const encoding = await (extent === "start" ? encodeStart(text) : encodeWhole(text));
    const ids = encoding.getIds();
    if (typeof extent === "string") return { ids, edges: [] };
    const head = startsWith(ids, extent.head) ? (extent.head?.length ?? 0) : 0;
    const { ranges } = windowsOf(ids.length - head, extent);
    const shift = extent.headCharacters ?? 0;
    const edges = ranges.flatMap(({ start, end }) => {
      const [first, last] = spanOf(encoding, { start: start + head, end: end + head });
      return [Math.max(0, first - shift), Math.max(0, last - shift)];
    });
    return { ids, edges };
  }

  return {
    async encodeTexts(texts, extent) {
      const encoded: EncodedText[] = new Array(texts.length);
      // The turns share one iterator, so that each takes the next text that nobody has.
      const waiting = texts.entries();
      const encodeInTurn = async (): Promise<void> => {
        for (const [i, text] of waiting) encoded[i] = await encodeText(text, extent);
      };
      await Promise.all(Array.from({ length: maxConcurrentTexts }, encodeInTurn));
      const packed = pack(encoded.map(({ ids }) => ids));
      if (typeof extent === "string") return packed;
      return { ...packed, spans: Int32Array.from(encoded.flatMap(({ edges }) => edges)) };
    },
  };
}

function startsWith(ids: readonly number[], head: Int32Array | undefined): boolean {
  return head?.every((id, at) => ids[at] === id) ?? false;
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
