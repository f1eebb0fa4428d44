import { countCodePoints, indexAfter } from "../characters.ts";
import type { TextSpan } from "../tokenizer/tokenizer.ts";
import type { Passage } from "./rerank-request.ts";

/** Returns the passage of a span of text: the span without leading and trailing white space. */
export function passageOf(text: string, span: TextSpan): Passage {
  const from = indexAfter(text, 0, span.start);
  const read = text.slice(from, indexAfter(text, from, span.end - span.start));
  // White space is never a surrogate, so its units count as code points.
  const start = span.start + read.length - read.trimStart().length;
  return { start, end: start + countCodePoints(read.trim()) };
}

/** Returns the text of a passage. */
export function passageText(text: string, { start, end }: Passage): string {
  const from = indexAfter(text, 0, start);
  return text.slice(from, indexAfter(text, from, end - start));
}
