import type { Encoding as NativeEncoding } from "tokenizers";
import type { TokenRange } from "./window-plan.ts";

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
export function spanOf(encoding: NativeEncoding, { start, end }: TokenRange): [number, number] {
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
