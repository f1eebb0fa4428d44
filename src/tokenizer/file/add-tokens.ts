import { AddedToken, type Tokenizer as NativeTokenizer } from "tokenizers";
import { jsonObject } from "./json-value.ts";
import {
  type AddedTokenFields,
  allSpecialTokens,
  listAddedTokens,
  readAddedToken,
  specialToken,
  type TokenizerConfig,
} from "./tokenizer-config.ts";

/**
 * Adds the tokens that the files beside a tokenizer.json name, and gives those that it has their
 * properties there. A special token that is in no vocabulary is left out, because its id would be
 * past the model's embeddings.
 */
export function addTokens(
  native: NativeTokenizer,
  fields: Readonly<Record<string, unknown>>,
  files: TokenizerConfig,
): void {
  const special = allSpecialTokens(files);
  const mask = specialToken(files, "mask_token") ?? "<mask>";
  const entries = (Array.isArray(fields.added_tokens) ? fields.added_tokens : []).map(jsonObject);
  const own = new Map<string, AddedTokenFields>();
  for (const entry of entries) {
    const token = readAddedToken(entry, new Set());
    if (token !== undefined) own.set(token.content, token);
  }
  const ids = entries.flatMap((entry) => (typeof entry?.id === "number" ? [{ id: entry.id }] : []));
  const listed = listAddedTokens(files, ids);
  const known = new Set([...own.keys(), ...listed.map(({ content }) => content)]);
  const named = [...special]
    .filter((token) => !known.has(token) && native.tokenToId(token) !== null)
    .flatMap((content) => {
      const lstrip = files.tokenizerClass.maskTakesSpace === true && content === mask;
      return readAddedToken({ content, lstrip }, special) ?? [];
    });
  const tokens = [...listed, ...named].filter((token) => !isSame(own.get(token.content), token));
  if (tokens.length === 0) return;
  native.addAddedTokens(
    tokens.map(
      (token) =>
        new AddedToken(token.content, token.special, {
          singleWord: token.single_word,
          leftStrip: token.lstrip,
          rightStrip: token.rstrip,
          normalized: token.normalized,
        }),
    ),
  );
}

function isSame(a: AddedTokenFields | undefined, b: AddedTokenFields): boolean {
  return (
    a !== undefined &&
    a.special === b.special &&
    a.normalized === b.normalized &&
    a.lstrip === b.lstrip &&
    a.rstrip === b.rstrip &&
    a.single_word === b.single_word
  );
}
