import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StartupError } from "../../errors.ts";
import { parsePythonJson } from "../../json/python-json.ts";
import { jsonObject } from "./json-value.ts";
import { type TokenizerClass, tokenizerClassOf } from "./tokenizer-class.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The files beside a tokenizer.json that change its behaviour; empty objects for missing files. */
export interface TokenizerConfig {
  /** tokenizer_config.json. */
  readonly config: Fields;
  /** special_tokens_map.json. */
  readonly specialTokens: Fields;
  /** added_tokens.json: ids by token. */
  readonly addedTokens: Fields;
  readonly tokenizerClass: TokenizerClass;
}

/** A token that is found in texts before they are cut into pieces. */
export interface AddedTokenFields {
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly single_word: boolean;
}

/** What config.json says of the tokenizer. */
export interface ModelTokenizerFacts {
  /** `tokenizer_class`. */
  readonly className?: string | undefined;
  /** `model_type`. Default: "". */
  readonly modelType?: string | undefined;
}

const specialTokenNames = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

/**
 * Reads the files beside a tokenizer.json. Rejects with StartupError that names the file if one is
 * there and is no JSON object.
 */
export async function readTokenizerConfig(
  tokenizerPath: string,
  { className, modelType = "" }: ModelTokenizerFacts,
): Promise<TokenizerConfig> {
  const folder = dirname(tokenizerPath);
  const [config, specialTokens, addedTokens] = await Promise.all([
    readIfThere(join(folder, "tokenizer_config.json")),
    readIfThere(join(folder, "special_tokens_map.json")),
    readIfThere(join(folder, "added_tokens.json")),
  ]);
  const tokenizerClass = tokenizerClassOf(config.tokenizer_class ?? className, modelType);
  return { config, specialTokens, addedTokens, tokenizerClass };
}

/** Returns a special token by its name in the files, for example `bos_token`. */
export function specialToken(
  { config, specialTokens }: TokenizerConfig,
  name: string,
): string | undefined {
  const value = config[name] ?? specialTokens[name];
  const content = typeof value === "string" ? value : jsonObject(value)?.content;
  return typeof content === "string" && content !== "" ? content : undefined;
}

/** Returns all special tokens that the files or else the class name, each once. */
export function allSpecialTokens(files: TokenizerConfig): ReadonlySet<string> {
  const { config, specialTokens, tokenizerClass } = files;
  const more = [config.additional_special_tokens ?? specialTokens.additional_special_tokens ?? []];
  const named = specialTokenNames.map((name) => specialToken(files, name));
  const additional = more.flat().map((token) => {
    const content = typeof token === "string" ? token : jsonObject(token)?.content;
    return typeof content === "string" ? content : undefined;
  });
  const found = [...named, ...additional, ...tokenizerClass.specialTokens];
  return new Set(found.filter((token) => token !== undefined));
}

/**
 * Returns the tokens that the files add to those of tokenizer.json or give other properties: those
 * of `added_tokens_decoder`, or without it those of added_tokens.json under ids that tokenizer.json
 * does not use, in the order of their ids.
 */
export function listAddedTokens(
  files: TokenizerConfig,
  ownTokens: readonly { readonly id: number }[],
): AddedTokenFields[] {
  const { config, addedTokens } = files;
  const special = allSpecialTokens(files);
  const decoder = jsonObject(config.added_tokens_decoder);
  if (decoder !== undefined) {
    return Object.entries(decoder)
      .sort(([a], [b]) => Number(a) - Number(b))
      .flatMap(([, token]) => readAddedToken(token, special) ?? []);
  }
  const ownIds = new Set(ownTokens.map(({ id }) => id));
  return Object.entries(addedTokens)
    .filter(([, id]) => typeof id === "number" && !ownIds.has(id))
    .sort(([, a], [, b]) => Number(a) - Number(b))
    .flatMap(([content]) => readAddedToken({ content }, special) ?? []);
}

/** Returns a token with the properties that are missing made up as `transformers` does. */
export function readAddedToken(
  value: unknown,
  specialTokens: ReadonlySet<string>,
): AddedTokenFields | undefined {
  const fields = jsonObject(value);
  const content = fields?.content;
  if (fields === undefined || typeof content !== "string" || content === "") return undefined;
  const special = fields.special === true || specialTokens.has(content);
  return {
    content,
    special,
    normalized: typeof fields.normalized === "boolean" ? fields.normalized : !special,
    lstrip: fields.lstrip === true,
    rstrip: fields.rstrip === true,
    single_word: fields.single_word === true,
  };
}

async function readIfThere(path: string): Promise<Fields> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw new StartupError(`cannot read ${path} (${String(code)})`, { cause });
  }
  try {
    const fields = jsonObject(parsePythonJson(text));
    if (fields !== undefined) return fields;
  } catch (cause) {
    throw new StartupError(`${path} is not valid JSON`, { cause });
  }
  throw new StartupError(`${path} must hold a JSON object`);
}
