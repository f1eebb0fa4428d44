import { jsonObject } from "./json-value.ts";
import { specialToken, type TokenizerConfig } from "./tokenizer-config.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A tokenizer.json with the settings of the files beside it. */
export interface ConfiguredTokenizer {
  readonly fields: Fields;
  /** Whether `fields` differ from those of the file. */
  readonly changed: boolean;
  /** The end at which texts lose tokens. */
  readonly truncationSide: "left" | "right";
  /** Whether the model is fed token types. */
  readonly hasTypeIds: boolean;
  /** What the files say of one thing in two ways, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Applies the files beside a tokenizer.json as the fast tokenizers of `transformers` 4.57 do:
 * lower-casing, accents and Chinese characters of a BERT-like class, the space before the first
 * word, the tokens around a text that Llama-like classes add, the end that is cut, and whether token
 * types are fed. Fields that those do not look at are left alone.
 */
export function applyConfig(fields: Fields, files: TokenizerConfig): ConfiguredTokenizer {
  const notes: string[] = [];
  const changes: Record<string, unknown> = {
    ...normalizerChange(fields, files, notes),
    ...prefixSpaceChange(fields, files),
    ...endTokensChange(fields, files),
  };
  if (files.config.split_special_tokens === true) {
    notes.push("split_special_tokens is not followed: special tokens in texts are special");
  }
  return {
    fields: { ...fields, ...changes },
    changed: Object.keys(changes).length > 0,
    truncationSide: readTruncationSide(fields, files),
    hasTypeIds: readHasTypeIds(files),
    notes,
  };
}

/** The field of a `BertNormalizer` that each setting sets. */
const normalizerFields = {
  do_lower_case: "lowercase",
  strip_accents: "strip_accents",
  tokenize_chinese_chars: "handle_chinese_chars",
} as const;

function normalizerChange(
  fields: Fields,
  { config, tokenizerClass }: TokenizerConfig,
  notes: string[],
): { readonly normalizer?: object } {
  const normalizer = jsonObject(fields.normalizer);
  const { normalizer: defaults } = tokenizerClass;
  if (defaults === undefined || normalizer?.type !== "BertNormalizer") return {};
  const settings = { ...defaults, ...pick(config, Object.keys(defaults)) };
  const wanted = Object.entries(settings).map(([setting, value]) => ({
    setting,
    field: normalizerFields[setting as keyof typeof normalizerFields],
    value,
  }));
  const different = wanted.filter(({ field, value }) => (normalizer[field] ?? null) !== value);
  if (different.length === 0) return {};
  for (const { setting, field, value } of different) {
    const who = setting in config ? "tokenizer_config.json says" : "the tokenizer's class implies";
    notes.push(
      `${who} \`${setting}\` ${value}, over \`${field}\` ${normalizer[field] ?? null} in tokenizer.json, as in transformers 4`,
    );
  }
  const changed = Object.fromEntries(wanted.map(({ field, value }) => [field, value]));
  return { normalizer: { ...normalizer, ...changed } };
}

function prefixSpaceChange(fields: Fields, { config }: TokenizerConfig): object {
  const preTokenizer = jsonObject(fields.pre_tokenizer);
  const wanted = config.add_prefix_space ?? false;
  const isByteLevel = preTokenizer?.type === "ByteLevel";
  if (!isByteLevel || typeof wanted !== "boolean" || preTokenizer.add_prefix_space === wanted) {
    return {};
  }
  return { pre_tokenizer: { ...preTokenizer, add_prefix_space: wanted } };
}

function endTokensChange(fields: Fields, files: TokenizerConfig): object {
  const { endTokens } = files.tokenizerClass;
  if (endTokens === undefined) return {};
  const { config } = files;
  const ends = (["bos", "eos"] as const).map((name) => {
    const adds = config[`add_${name}_token`] ?? endTokens[`add_${name}_token`];
    const token = specialToken(files, `${name}_token`) ?? endTokens[`${name}_token`];
    return { adds: adds === true, token, id: adds === true ? idOf(fields, token) : 0 };
  });
  const [bos, eos] = ends;
  if (bos === undefined || eos === undefined) return {};
  // A token that is missing from the vocabulary cannot be added: the file's own template stays.
  if (bos.id === undefined || eos.id === undefined) return {};
  const piece = (text: "A" | "B", typeId: number): object[] => [
    ...(bos.adds ? [{ SpecialToken: { id: bos.token, type_id: typeId } }] : []),
    { Sequence: { id: text, type_id: typeId } },
    ...(eos.adds ? [{ SpecialToken: { id: eos.token, type_id: typeId } }] : []),
  ];
  const special = ends.filter(({ adds }) => adds);
  const postProcessor = {
    type: "TemplateProcessing",
    single: piece("A", 0),
    pair: [...piece("A", 0), ...piece("B", 1)],
    special_tokens: Object.fromEntries(
      special.map(({ token, id }) => [token, { id: token, ids: [id], tokens: [token] }]),
    ),
  };
  return { post_processor: postProcessor };
}

function readTruncationSide(fields: Fields, { config }: TokenizerConfig): "left" | "right" {
  const own = jsonObject(fields.truncation)?.direction;
  const side = config.truncation_side ?? (typeof own === "string" ? own.toLowerCase() : "right");
  return side === "left" ? "left" : "right";
}

function readHasTypeIds({ config, tokenizerClass }: TokenizerConfig): boolean {
  const names = config.model_input_names;
  return Array.isArray(names) ? names.includes("token_type_ids") : tokenizerClass.hasTypeIds;
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(
    names.flatMap((name) => (name in fields ? [[name, fields[name]]] : [])),
  );
}

function idOf(fields: Fields, token: string): number | undefined {
  const added = Array.isArray(fields.added_tokens) ? fields.added_tokens : [];
  const own = added.map(jsonObject).find((entry) => entry?.content === token)?.id;
  if (typeof own === "number") return own;
  const vocabulary = jsonObject(fields.model)?.vocab;
  if (Array.isArray(vocabulary)) {
    const position = vocabulary.findIndex(
      (entry: unknown) => Array.isArray(entry) && entry[0] === token,
    );
    return position < 0 ? undefined : position;
  }
  const id = jsonObject(vocabulary)?.[token];
  return typeof id === "number" ? id : undefined;
}
