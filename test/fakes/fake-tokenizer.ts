import { errorFromAbort } from "../../src/errors.ts";
import type { Encoding, Tokenizer } from "../../src/tokenizer/tokenizer.ts";

/** Returns an encoding of these ids, all of one segment, nothing cut. */
export function encodingOf(...ids: number[]): Encoding {
  return {
    inputIds: Int32Array.from(ids),
    typeIds: new Uint8Array(ids.length),
    queryTruncated: false,
    documentTruncated: false,
  };
}

/** Returns an encoding of `length` tokens with this id. */
export function encodingOfLength(length: number, id = 1): Encoding {
  return encodingOf(...new Array<number>(length).fill(id));
}

/** A tokenizer whose tokens are UTF-16 units: query, 0, document; the document is cut. */
export const fakeTokenizer: Tokenizer = {
  padId: 0,
  async encodePairs(query, documents, { maxLength, signal }) {
    if (signal?.aborted) throw errorFromAbort(signal);
    return documents.map((document) => {
      const ids = [...unitsOf(query), 0, ...unitsOf(document)];
      return {
        ...encodingOf(...ids.slice(0, maxLength)),
        documentTruncated: ids.length > maxLength,
      };
    });
  },
};

function unitsOf(text: string): number[] {
  return Array.from({ length: text.length }, (_unit, index) => text.charCodeAt(index));
}
