/** Special tokens, or one of the two texts, at its place in a pair. */
export type TemplatePiece =
  | { readonly kind: "special"; readonly ids: readonly number[]; readonly typeId: number }
  | { readonly kind: "query"; readonly typeId: number }
  | { readonly kind: "document"; readonly typeId: number };

/**
 * The order in which a model reads special tokens, query and document, for example `<s> query
 * </s></s> document </s>`.
 */
export interface PairTemplate {
  /** Pieces from left to right; query and document once each. */
  readonly pieces: readonly TemplatePiece[];
  /** Tokens of the template that are neither query nor document. */
  readonly specialTokenCount: number;
  /** Tokens of the words around every query, with the template's own instruction. Default: 0. */
  readonly queryWordTokens?: number;
  /** Tokens at the end of every query's text that are never cut off. Default: 0. */
  readonly queryTailTokens?: number;
  /** Tokens at the start of every document's text that are never cut off. Default: none. */
  readonly documentHead?: Int32Array<ArrayBuffer>;
  /** Unicode code points of the text before every document. Default: 0. */
  readonly documentHeadCharacters?: number;
  /** The most of the longest pair that the query may take, 0 to 1. Default: 1. */
  readonly queryShare?: number;
  /** Tokens of the longest pair that this share is not of. Default: 0. */
  readonly unsharedTokens?: number;
  /** Whether the document is cut before the query, and not the longer one. Default: false. */
  readonly documentFirst?: boolean;
}

/** Token ids of the two texts of a pair, as many as are read, without special tokens. */
export interface PairIds {
  readonly query: Int32Array;
  readonly document: Int32Array;
}

/** Returns how many tokens of a pair are the template's, with its own instruction. */
export function templateTokensOf(template: PairTemplate): number {
  const { specialTokenCount, queryWordTokens = 0, documentHead } = template;
  return specialTokenCount + queryWordTokens + (documentHead?.length ?? 0);
}

/** Returns the template of the given pieces. */
export function createPairTemplate(pieces: readonly TemplatePiece[]): PairTemplate {
  let specialTokenCount = 0;
  for (const piece of pieces) if (piece.kind === "special") specialTokenCount += piece.ids.length;
  return { pieces, specialTokenCount };
}

/** Returns a template whose tokens are all of segment 0, for a model that has no segments. */
export function withoutTypeIds(template: PairTemplate): PairTemplate {
  return { ...template, pieces: template.pieces.map((piece) => ({ ...piece, typeId: 0 })) };
}

/**
 * Returns the ids and segment ids of a pair, both texts at the places the template gives them, and
 * how many tokens are before the document: those that all pairs of a query begin with.
 */
export function layOutPair(template: PairTemplate, ids: PairIds) {
  const length = template.specialTokenCount + ids.query.length + ids.document.length;
  const inputIds = new Int32Array(length);
  const typeIds = new Uint8Array(length);

  let end = 0;
  let prefixTokens = 0;
  for (const piece of template.pieces) {
    if (piece.kind === "document") prefixTokens = end;
    const start = end;
    const pieceIds = piece.kind === "special" ? piece.ids : ids[piece.kind];
    inputIds.set(pieceIds, start);
    end += pieceIds.length;
    typeIds.fill(piece.typeId, start, end);
  }
  return { inputIds, typeIds, prefixTokens };
}
