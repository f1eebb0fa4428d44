import { errorFromAbort } from "../../src/errors.ts";
import type { EncodeTexts } from "../../src/tokenizer/encode-documents.ts";
import { encodePairs } from "../../src/tokenizer/encode-pairs.ts";
import { createPairTemplate } from "../../src/tokenizer/file/pair-template.ts";
import type { Encoding, Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import { encodeWindows } from "../../src/tokenizer/windows/encode-windows.ts";
import { windowsOf } from "../../src/tokenizer/windows/window-plan.ts";

/** Returns an encoding of these ids, all of one segment, nothing cut. */
export function encodingOf(...ids: number[]): Encoding {
  return {
    inputIds: Int32Array.from(ids),
    typeIds: new Uint8Array(ids.length),
    queryTruncated: false,
    documentTruncated: false,
    tooLong: false,
  };
}

/** Returns an encoding of `length` tokens with this id. */
export function encodingOfLength(length: number, id = 1): Encoding {
  return encodingOf(...new Array<number>(length).fill(id));
}

const template = createPairTemplate([
  { kind: "query", typeId: 0 },
  { kind: "special", ids: [0], typeId: 0 },
  { kind: "document", typeId: 0 },
]);

/** Makes one token of each UTF-16 unit. */
const encodeUnits: EncodeTexts = async (texts, signal, extent = "start") => {
  if (signal?.aborted) throw errorFromAbort(signal);
  const ids = Int32Array.from(texts.flatMap(unitsOf));
  const lengths = Int32Array.from(texts, (text) => text.length);
  if (typeof extent === "string") return { ids, lengths };
  const edges = texts.flatMap((text) =>
    windowsOf(text.length, extent).ranges.flatMap(({ start, end }) => [start, end]),
  );
  return { ids, lengths, spans: Int32Array.from(edges) };
};

/** A tokenizer whose tokens are UTF-16 units: query, 0, document. */
export const fakeTokenizer: Tokenizer = {
  padId: 0,
  encodePairs: (query, documents, options) =>
    encodePairs(encodeUnits, template, { query, documents }, options),
  encodeWindows: (query, documents, options) =>
    encodeWindows(encodeUnits, template, { query, documents }, options),
};

function unitsOf(text: string): number[] {
  return Array.from({ length: text.length }, (_unit, index) => text.charCodeAt(index));
}
