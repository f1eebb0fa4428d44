import { readFile } from "node:fs/promises";
import { Tokenizer as NativeTokenizer } from "tokenizers";
import { StartupError } from "../../errors.ts";
import { returnMemory } from "../../return-memory.ts";
import {
  documentHead,
  documentTails,
  type PromptTemplate,
  queryTail,
  renderQuery,
} from "../prompt.ts";
import type { LoadedTokenizer, TokenizerThreadData } from "../thread/tokenizer-message.ts";
import { addTokens } from "./add-tokens.ts";
import { applyConfig, type ConfiguredTokenizer } from "./apply-config.ts";
import { isWholeNumber, jsonObject } from "./json-value.ts";
import {
  createPairTemplate,
  type PairTemplate,
  type TemplatePiece,
  withoutTypeIds,
} from "./pair-template.ts";
import { readPairTemplate } from "./post-processor.ts";
import { readTokenizerConfig, type TokenizerConfig } from "./tokenizer-config.ts";

/** The parts of a tokenizer.json that the server uses. */
export interface TokenizerFile extends LoadedTokenizer {
  /** The tokenizer, with the file's own truncation and padding switched off. */
  readonly native: NativeTokenizer;
}

/** Padding tokens by the names that XLM-R and BERT give them. */
const padTokens = ["<pad>", "[PAD]"] as const;

/**
 * Reads and checks a tokenizer.json and the files beside it that change its behaviour. Blocks the
 * thread while it builds the vocabulary: under a second for 250,000 pieces.
 *
 * Rejects with StartupError that names the file and what is wrong with it.
 */
export async function readTokenizerFile(
  data: Omit<TokenizerThreadData, "maxStartTokens">,
): Promise<TokenizerFile> {
  const { path, padTokenId } = data;
  const json = await readText(path);
  const files = await readTokenizerConfig(path, data.model);
  try {
    const { source, fields, truncationSide, hasTypeIds, notes } = configure(json, files);
    const { template, note } = readPairTemplate(fields.post_processor);
    // What was parsed takes as much memory as the library is about to take, and is not needed beside it.
    await returnMemory();
    const native = buildNative(source);
    addTokens(native, fields, files);
    const ownPadId = jsonObject(fields.padding)?.pad_id;
    const statedPadId = isWholeNumber(ownPadId) ? ownPadId : undefined;
    const padId =
      (data.padTokenIdWins ? padTokenId : undefined) ??
      statedPadId ??
      padTokenId ??
      findPadId(native);
    const { prompt } = data;
    const layout = prompt === undefined ? template : await layOutPrompt(native, prompt, template);
    const isJoined = note !== undefined && (prompt === undefined || prompt.usesPairTemplate);
    return {
      native,
      template: hasTypeIds ? layout : withoutTypeIds(layout),
      padId,
      wordIds: (data.words ?? []).map((word) => idOfWord(native, word)),
      truncationSide,
      notes: isJoined ? [...notes, note] : notes,
    };
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new StartupError(`cannot use the tokenizer ${path}: ${error.message}`, {
      ...hint,
      cause: error.cause,
    });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new StartupError(`cannot read the tokenizer ${path}: ${messageOf(error)}`, {
      hint: "a model directory holds a tokenizer.json beside its config.json",
      cause: error,
    });
  }
}

/** A tokenizer.json with the settings of the files beside it, as text; its fields without `model`. */
interface Configured extends Omit<ConfiguredTokenizer, "changed"> {
  readonly source: string;
}

function configure(json: string, files: TokenizerConfig): Configured {
  const { fields, changed, ...settings } = applyConfig(parseFields(json), files);
  const { model: _, ...others } = fields;
  return { ...settings, source: changed ? JSON.stringify(fields) : json, fields: others };
}

function parseFields(json: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new StartupError("it is not JSON", {
      hint: "a file of a few hundred bytes may be a Git LFS pointer: download the file itself",
      cause: error,
    });
  }
  const fields = jsonObject(value);
  if (jsonObject(fields?.model) === undefined || fields === undefined) {
    throw new StartupError("it must be a JSON object with a `model`");
  }
  return fields;
}

function buildNative(json: string): NativeTokenizer {
  try {
    const native = NativeTokenizer.fromString(json);
    native.disableTruncation();
    native.disablePadding();
    return native;
  } catch (error) {
    throw new StartupError(`the tokenizers library refuses it: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function findPadId(native: NativeTokenizer): number {
  for (const token of padTokens) {
    const id = native.tokenToId(token);
    if (id !== null) return id;
  }
  const names = padTokens.map((token) => `\`${token}\``).join(" or ");
  throw new StartupError(`it has no padding id and no token ${names}`, {
    hint: "set `pad_token_id` in the model's config.json",
  });
}

/** Returns the id of a word that is one token, as the vocabulary has it. */
function idOfWord(native: NativeTokenizer, word: string): number {
  const id = native.tokenToId(word);
  if (id !== null) return id;
  throw new StartupError(`it has no token \`${word}\`, whose logit is the model's score`, {
    hint: "choose the template that the model was trained with: --template",
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Returns the layout of pairs under a prompt: its fixed texts as tokens around query and document.
 * `pairTemplate` is what tokenizer.json lays out; it is used where the prompt says so.
 */
async function layOutPrompt(
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
  const countTokens = (fixed: readonly TemplatePiece[]): number =>
    createPairTemplate(fixed).specialTokenCount;
  // The space at the end of a head belongs to the document's first token.
  const head = await idsOf(documentHead(prompt).trimEnd());
  return {
    ...createPairTemplate(pieces),
    queryWordTokens: (await idsOf(renderQuery(prompt, ""))).length,
    queryTailTokens: (await idsOf(queryTail(prompt))).length,
    documentHead: Int32Array.from(head),
    documentHeadCharacters: [...documentHead(prompt)].length,
    queryShare: prompt.queryShare,
    unsharedTokens: prompt.queryShareIsOfTexts === true ? countTokens([...before, ...after]) : 0,
    documentFirst: !prompt.usesPairTemplate,
  };
}
