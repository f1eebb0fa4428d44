import { brotliCompressSync, gzipSync } from "node:zlib";
import type { PrecompressedText } from "../../src/server/http/content-coding.ts";

/** Returns a text with its compressed forms, as the build makes those of the page. */
export function precompress(text: string): PrecompressedText {
  return { text, br: brotliCompressSync(text), gzip: gzipSync(text) };
}
