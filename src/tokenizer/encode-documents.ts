import type { PackedIds, TextExtent } from "./thread/tokenizer-message.ts";
import type { TextSpan } from "./tokenizer.ts";

/**
 * Chunks of one call that are encoded at a time: one under way and one that waits, so that the
 * encoder never waits for a call, nor a call for the whole of another one.
 */
const maxChunksUnderWay = 2;

/** Encodes texts without special tokens; rejects when the signal aborts. Default: `start`. */
export type EncodeTexts = (
  texts: readonly string[],
  signal?: AbortSignal,
  extent?: TextExtent,
) => Promise<PackedIds>;

/** The tokens of one document. */
export interface DocumentTokens {
  readonly ids: Int32Array;
  /** Returns the span of the document's next window; there is one for each of its windows. */
  nextSpan(): TextSpan;
}

/** How to encode the documents of a call. */
export interface EncodeDocumentsOptions {
  readonly signal: AbortSignal | undefined;
  readonly extent: TextExtent;
  /** Called for each document, in order within a chunk. */
  readonly onDocument: (index: number, tokens: DocumentTokens) => void;
}

/**
 * Encodes documents in chunks. Rejects with the first error of `encodeTexts` or `onDocument`, and
 * starts no further chunk after it.
 */
export async function encodeDocuments(
  encodeTexts: EncodeTexts,
  documents: readonly string[],
  { signal, extent, onDocument }: EncodeDocumentsOptions,
): Promise<void> {
  // The turns share one iterator, so that each takes the next chunk that is left.
  const waiting = chunkTexts(documents).values();
  let stopped = false;
  const encodeInTurn = async (): Promise<void> => {
    for (const { texts, first } of waiting) {
      const { ids, lengths, spans = [] } = await encodeTexts(texts, signal, extent);
      if (stopped) return;
      let start = 0;
      let edge = 0;
      const nextSpan = (): TextSpan => ({ start: spans[edge++] ?? 0, end: spans[edge++] ?? 0 });
      for (const [i, length] of lengths.entries()) {
        onDocument(first + i, { ids: ids.subarray(start, start + length), nextSpan });
        start += length;
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: maxChunksUnderWay }, encodeInTurn));
  } finally {
    stopped = true;
  }
}

/**
 * Texts of a chunk: few enough that the thread soon turns to another call, many enough that
 * messages cost little.
 */
const maxChunkTexts = 16;

/** UTF-16 code units of a chunk, unless one text alone is longer. */
const maxChunkChars = 32_768;

/** Texts that are sent to the thread together. */
export interface TextChunk {
  readonly texts: string[];
  /** Position of the first of them. */
  readonly first: number;
}

/**
 * Returns the texts in chunks, in order: at most 16 texts and 32,768 code units each, but always
 * one text.
 */
export function chunkTexts(texts: readonly string[]): TextChunk[] {
  const chunks: TextChunk[] = [];
  let chunk: TextChunk = { texts: [], first: 0 };
  let chars = 0;
  for (const [index, text] of texts.entries()) {
    const isFull = chunk.texts.length === maxChunkTexts || chars + text.length > maxChunkChars;
    if (index === 0 || isFull) {
      chunk = { texts: [], first: index };
      chunks.push(chunk);
      chars = 0;
    }
    chunk.texts.push(text);
    chars += text.length;
  }
  return chunks;
}
