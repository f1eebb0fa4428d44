import type { Random } from "../../random.ts";

/** Pieces of text that parsers have met before, and did not like. */
const nastyPieces = [
  "\u0000",
  "\ufeff",
  "\\ud800",
  "\\\\ud800\\udc00",
  "\\u0000",
  "1e999",
  "-0",
  "99999999999999999999",
  '"__proto__":{},',
  "[[[[",
  "}}",
  '"',
  "//",
  "\u2028",
  "é",
  "🙂",
] as const;

/** Returns a text with one to three of its characters cut, doubled, changed or added. */
export function mutateText(random: Random, text: string): string {
  let changed = text;
  for (let left = 1 + random.below(3); left > 0; left -= 1) changed = mutateOnce(random, changed);
  return changed;
}

function mutateOnce(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const length = 1 + random.below(8);
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + length);
    case 2:
      return text.slice(0, at + length) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(nastyPieces) + text.slice(at);
    default:
      return text.slice(0, at) + String.fromCharCode(32 + random.below(95)) + text.slice(at + 1);
  }
}

/** Returns bytes of which one to three places are cut, flipped, doubled or overwritten. */
export function mutateBytes(random: Random, bytes: Uint8Array): Buffer {
  let changed = Buffer.from(bytes);
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const at = random.below(changed.length + 1);
    switch (random.below(5)) {
      case 0:
        changed = changed.subarray(0, at);
        break;
      case 1:
        changed = Buffer.concat([changed.subarray(0, at), random.bytes(1 + random.below(9))]);
        break;
      case 2:
        changed = Buffer.concat([
          changed.subarray(0, at),
          random.bytes(1 + random.below(4)),
          changed.subarray(at),
        ]);
        break;
      case 3:
        if (at < changed.length) changed[at] = random.pick([0, 1, 0x7f, 0x80, 0xff]);
        break;
      default:
        if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    }
  }
  return changed;
}
