import type { Encoding as NativeEncoding, Tokenizer as NativeTokenizer } from "tokenizers";
import type { PackedIds, TextExtent } from "./thread/tokenizer-message.ts";
import { type TokenRange, windowsOf } from "./windows/window-plan.ts";

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
      // The turns share one iterator, so that each takes the next text that is left.
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

/**
 * Most tokens that are looked at for the one that starts at the next character: more than a
 * character has (18 of the longest that NFKC takes apart, 4 of one that is read byte by byte), so
 * that a tokenizer without useful offsets costs no search.
 */
const maxTokensOfCharacter = 32;

/** The position past the end of every text. */
const pastEnd = 2 ** 31 - 1;

/**
 * Returns where a window of a text starts and ends, in Unicode code points, white space around it
 * included: from the start of its first token to where the first token after it starts, so that it
 * also has the characters that normalization merged into a token, or dropped after one.
 *
 * The library's own end of a token would not do: of a letter and an accent that NFC composes, it is
 * after the letter. The first window has what is before its first token, too.
 */
function spanOf(encoding: NativeEncoding, { start, end }: TokenRange): [number, number] {
  const first = start === 0 ? 0 : startOf(encoding, start);
  if (end === encoding.getLength()) return [first, pastEnd];
  return [first, Math.max(first, endOf(encoding, end))];
}

function startOf(encoding: NativeEncoding, token: number): number {
  return encoding.tokenToChars(token)?.[0] ?? 0;
}

function endOf(encoding: NativeEncoding, end: number): number {
  if (end === 0) return 0;
  const last = startOf(encoding, end - 1);
  const limit = Math.min(end + maxTokensOfCharacter, encoding.getLength());
  for (let token = end; token < limit; token += 1) {
    const next = startOf(encoding, token);
    if (next > last) return next;
  }
  return limit === encoding.getLength() ? pastEnd : (encoding.tokenToChars(end - 1)?.[1] ?? last);
}
