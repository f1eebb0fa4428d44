import type { Tokenizer as NativeTokenizer } from "tokenizers";
import {
  documentHead,
  documentTails,
  type PromptTemplate,
  queryTail,
  renderQuery,
} from "../prompt.ts";
import { createPairTemplate, type PairTemplate, type TemplatePiece } from "./pair-template.ts";

/**
 * Returns the layout of pairs under a prompt: its fixed texts as tokens around query and document.
 * `pairTemplate` is what tokenizer.json lays out; it is used where the prompt says so.
 */
export async function layOutPrompt(
  native: NativeTokenizer,
  prompt: PromptTemplate,
  pairTemplate: PairTemplate,
): Promise<PairTemplate> {
  const idsOf = async (text: string): Promise<number[]> => {
    const encoding = await native.encode(text, null, { addSpecialTokens: false });
    return encoding.getIds();
  };
  const specials = (texts: readonly string[], typeId: number): Promise<TemplatePiece[]> =>
    Promise.all(
      texts.map(async (text) => ({ kind: "special" as const, ids: await idsOf(text), typeId })),
    );
  const [before, between, after] = await Promise.all([
    specials(prompt.before, 0),
    specials(prompt.between, 0),
    specials(documentTails(prompt), 0),
  ]);
  const pieces = prompt.usesPairTemplate
    ? pairTemplate.pieces.flatMap((piece) => {
        if (piece.kind === "query") return [...before, piece, ...between];
        return piece.kind === "document"
          ? [piece, ...after.map((tail) => ({ ...tail, typeId: piece.typeId }))]
          : [piece];
      })
    : [
        ...before,
        { kind: "query", typeId: 0 } as const,
        ...between,
        { kind: "document", typeId: 0 } as const,
        ...after,
      ];
  // The space at the end of a head belongs to the document's first token.
  const head = await idsOf(documentHead(prompt).trimEnd());
  return {
    ...createPairTemplate(pieces),
    queryWordTokens: (await idsOf(renderQuery(prompt, ""))).length,
    queryTailTokens: (await idsOf(queryTail(prompt))).length,
    documentHead: Int32Array.from(head),
    documentHeadCharacters: [...documentHead(prompt)].length,
    queryShare: prompt.queryShare,
    documentFirst: !prompt.usesPairTemplate,
  };
}
