import type { TextSpan } from "../tokenizer/tokenizer.ts";
import type { Passage } from "./rerank-request.ts";

/** Returns the passage that a span reads: the span without the white space around it. */
export function passageOf(text: string, span: TextSpan): Passage {
  const from = indexOf(text, 0, span.start);
  const read = text.slice(from, indexOf(text, from, span.end - span.start));
  // White space is never a surrogate, so its units count as code points.
  const start = span.start + read.length - read.trimStart().length;
  return { start, end: start + codePointsOf(read.trim()) };
}

/** Returns the text of a passage. */
export function passageText(text: string, { start, end }: Passage): string {
  const from = indexOf(text, 0, start);
  return text.slice(from, indexOf(text, from, end - start));
}

/** Returns the index in UTF-16 units that is so many code points after `from`, or the end. */
function indexOf(text: string, from: number, codePoints: number): number {
  let index = from;
  for (let left = codePoints; left > 0 && index < text.length; left -= 1) {
    index += isPair(text, index) ? 2 : 1;
  }
  return index;
}

function codePointsOf(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += isPair(text, index) ? 2 : 1) count += 1;
  return count;
}

/** Whether a surrogate pair stands at the index; texts are well-formed by then. */
function isPair(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xd800 && unit < 0xdc00;
}
