/** Texts of a chunk: few enough that the thread soon turns to another call, many enough that messages cost little. */
const MAX_CHUNK_TEXTS = 16;

/** UTF-16 code units of a chunk, unless one text alone is longer. */
const MAX_CHUNK_LENGTH = 32_768;

/** Returns the texts in chunks, in order: at most 16 texts and 32,768 code units each, but always one text. */
export function chunkTexts(texts: Iterable<string>): string[][] {
  const chunks: string[][] = [];
  let chunk: string[] = [];
  let length = 0;
  for (const text of texts) {
    const isFull = chunk.length === MAX_CHUNK_TEXTS || length + text.length > MAX_CHUNK_LENGTH;
    if (chunks.length === 0 || isFull) {
      chunk = [];
      chunks.push(chunk);
      length = 0;
    }
    chunk.push(text);
    length += text.length;
  }
  return chunks;
}
