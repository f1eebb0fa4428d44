import { StartupError } from "../../errors.ts";
import { isWholeNumber, jsonObject, shortJson } from "./json-value.ts";
import { createPairTemplate, type PairTemplate, type TemplatePiece } from "./pair-template.ts";

/**
 * Returns the pair template that the `post_processor` of a tokenizer.json states. Understood are
 * `TemplateProcessing`, `RobertaProcessing` and `BertProcessing`, each alone or inside a
 * `Sequence`. Without one the document follows the query, as in `transformers`, and a note says so.
 *
 * Throws StartupError that names what is not understood.
 */
export function readPairTemplate(postProcessor: unknown): {
  readonly template: PairTemplate;
  readonly note?: string;
} {
  const processors = flattenSequence(postProcessor);
  const [processor, ...others] = processors.filter(({ type }) => type !== "ByteLevel");
  if (processor === undefined) {
    return { template: joined, note: joinedNote };
  }
  if (others.length > 0) {
    const types = [processor, ...others].map(({ type }) => `\`${type}\``).join(", ");
    throw new StartupError(`\`post_processor\` must hold one step that adds tokens, got: ${types}`);
  }
  return { template: readProcessor(processor) };
}

const joined = createPairTemplate([
  { kind: "query", typeId: 0 },
  { kind: "document", typeId: 1 },
]);

const joinedNote =
  "tokenizer.json has no `post_processor` that keeps query and document apart: the document follows the query without a token between them, as in transformers";

function readProcessor(processor: Processor): PairTemplate {
  switch (processor.type) {
    case "TemplateProcessing":
      return readTemplate(processor.fields);
    case "RobertaProcessing":
      return readRoberta(processor.fields);
    case "BertProcessing":
      return readBert(processor.fields);
    default:
      throw new StartupError(
        "`post_processor` must be `TemplateProcessing`, `RobertaProcessing` or `BertProcessing`, " +
          `got: \`${processor.type}\``,
      );
  }
}

interface Processor {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * `ByteLevel` steps stay in the list although they change offsets only, so that an error can name
 * them.
 */
function flattenSequence(value: unknown): Processor[] {
  if (value === null || value === undefined) return [];
  const fields = jsonObject(value);
  if (fields === undefined || typeof fields.type !== "string") {
    throw new StartupError(
      `\`post_processor\` must be an object with a \`type\`, got: ${shortJson(value)}`,
    );
  }
  if (fields.type !== "Sequence") return [{ type: fields.type, fields }];
  if (!Array.isArray(fields.processors)) {
    throw new StartupError(
      `\`post_processor.processors\` must be a list, got: ${shortJson(fields.processors)}`,
    );
  }
  return fields.processors.flatMap(flattenSequence);
}

function readTemplate(fields: Readonly<Record<string, unknown>>): PairTemplate {
  const { pair } = fields;
  if (!Array.isArray(pair)) {
    throw new StartupError(`\`post_processor.pair\` must be a list, got: ${shortJson(pair)}`);
  }
  const specialTokens = jsonObject(fields.special_tokens) ?? {};
  const pieces = pair.map((piece: unknown) => readPiece(piece, specialTokens));
  for (const kind of ["query", "document"] as const) {
    const count = pieces.filter((piece) => piece.kind === kind).length;
    if (count !== 1) {
      throw new StartupError(
        `\`post_processor.pair\` must hold the ${kind} (sequence ${kind === "query" ? "A" : "B"}) once, got: ${count} times`,
      );
    }
  }
  return createPairTemplate(pieces);
}

function readPiece(
  piece: unknown,
  specialTokens: Readonly<Record<string, unknown>>,
): TemplatePiece {
  const sequence = jsonObject(jsonObject(piece)?.Sequence);
  const special = jsonObject(jsonObject(piece)?.SpecialToken);
  const typeId = (sequence ?? special)?.type_id;
  if (isTypeId(typeId)) {
    if (sequence?.id === "A") return { kind: "query", typeId };
    if (sequence?.id === "B") return { kind: "document", typeId };
    if (typeof special?.id === "string") {
      return { kind: "special", ids: readSpecialIds(special.id, specialTokens), typeId };
    }
  }
  throw new StartupError(
    "`post_processor.pair` must hold special tokens and the sequences A and B, each with a `type_id` of 0 to 255, " +
      `got: ${shortJson(piece)}`,
  );
}

function readSpecialIds(
  token: string,
  specialTokens: Readonly<Record<string, unknown>>,
): readonly number[] {
  const ids = Object.hasOwn(specialTokens, token) ? jsonObject(specialTokens[token])?.ids : null;
  if (Array.isArray(ids) && ids.every(isWholeNumber)) return ids;
  throw new StartupError(
    `\`post_processor.special_tokens\` must list the ids of \`${token}\`, got: ${shortJson(ids)}`,
  );
}

function isTypeId(value: unknown): value is number {
  return isWholeNumber(value) && value <= maxTypeId;
}

/** Segment ids travel as bytes. */
const maxTypeId = 255;

/**
 * `RobertaProcessing` reads `<s> query </s></s> document </s>`, and every token is of segment 0.
 */
function readRoberta(fields: Readonly<Record<string, unknown>>): PairTemplate {
  const start = readTokenId(fields, "cls");
  const separator = readTokenId(fields, "sep");
  return createPairTemplate([
    { kind: "special", ids: [start], typeId: 0 },
    { kind: "query", typeId: 0 },
    { kind: "special", ids: [separator, separator], typeId: 0 },
    { kind: "document", typeId: 0 },
    { kind: "special", ids: [separator], typeId: 0 },
  ]);
}

/**
 * `BertProcessing` reads `[CLS] query [SEP] document [SEP]`; the document and the `[SEP]` after it
 * are of segment 1.
 */
function readBert(fields: Readonly<Record<string, unknown>>): PairTemplate {
  const start = readTokenId(fields, "cls");
  const separator = readTokenId(fields, "sep");
  return createPairTemplate([
    { kind: "special", ids: [start], typeId: 0 },
    { kind: "query", typeId: 0 },
    { kind: "special", ids: [separator], typeId: 0 },
    { kind: "document", typeId: 1 },
    { kind: "special", ids: [separator], typeId: 1 },
  ]);
}

function readTokenId(fields: Readonly<Record<string, unknown>>, name: "cls" | "sep"): number {
  const value = fields[name];
  if (Array.isArray(value) && value.length === 2 && isWholeNumber(value[1])) return value[1];
  throw new StartupError(
    `\`post_processor.${name}\` must be a token and its id, got: ${shortJson(value)}`,
  );
}
