/** A place between two lines of an input. */
export interface InputPlace {
  /** Lines before it. */
  readonly line: number;
  /** Bytes before it. */
  readonly offset: number;
}

/** A line of bytes, and where it stands. */
export interface ByteLine {
  /** From 1. */
  readonly number: number;
  /** Where its first byte is, from 0. */
  readonly offset: number;
  /** Where the next line begins. */
  readonly end: number;
  /** Bytes of the line, its end not counted. */
  readonly length: number;
  /** undefined: it is longer than a line may be, and was not kept. */
  readonly bytes: Uint8Array | undefined;
}

const newline = 0x0a;

/**
 * Divides bytes into lines at `\n`. Memory is that of one line and one chunk, and of a line with more
 * than `maxBytes` no byte is kept. `from` is the place where the chunks begin.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes, from }: { readonly maxBytes: number; readonly from: InputPlace },
): AsyncGenerator<ByteLine> {
  let { line: number, offset } = from;
  let parts: Uint8Array[] = [];
  let length = 0;

  function add(part: Uint8Array): void {
    length += part.length;
    if (length > maxBytes) parts = [];
    else if (part.length > 0) parts.push(part);
  }

  function take(ending: number): ByteLine {
    const [only] = parts;
    const whole = parts.length === 1 && only ? only : Buffer.concat(parts);
    const end = offset + length + ending;
    number += 1;
    const bytes = length > maxBytes ? undefined : whole;
    const line = { number, offset, end, length, bytes };
    offset = end;
    parts = [];
    length = 0;
    return line;
  }

  for await (const chunk of chunks) {
    let start = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
      add(chunk.subarray(start, at));
      yield take(1);
      start = at + 1;
    }
    add(chunk.subarray(start));
  }
  if (length > 0) yield take(0);
}

/** Yields what comes after the first `count` bytes. */
export async function* withoutStart(
  chunks: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

/** The characters that a blank line may hold. */
const blanks: readonly number[] = [0x09, 0x0d, 0x20];

/** Whether a line holds nothing but white space. */
export function isBlank({ bytes, length }: ByteLine): boolean {
  return length === 0 || (bytes?.every((byte) => blanks.includes(byte)) ?? false);
}
