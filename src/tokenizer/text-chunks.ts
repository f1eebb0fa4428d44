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
