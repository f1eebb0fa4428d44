import { RerankError } from "../../errors.ts";
import { inexactNumber } from "../../json/json-number.ts";
import { answerFields } from "../../server/http/dialects/rerank.ts";
import {
  type JsonFields,
  readObject,
  readText,
  replaceLoneSurrogates,
  wrongType,
} from "../../server/http/json-fields.ts";
import { readDocuments, readRankingOptions } from "../../server/http/ranking-fields.ts";
import { isInexactId } from "../files/input-id.ts";
import type { RankRequest } from "../open-ranker.ts";
import type { ByteLine } from "./split-lines.ts";

/** A list to rank: one line of the input. */
export interface InputList {
  readonly request: RankRequest;
  /** The list's documents as they were sent, texts or objects. */
  readonly sentDocuments: readonly unknown[];
  readonly returnDocuments: boolean;
}

/** The settings of lists that do not say otherwise. */
export type ListDefaults = Pick<
  RankRequest,
  "topN" | "rawScores" | "longDocuments" | "scoreThreshold"
>;

/** Decodes a line. Throws a RerankError `invalid_argument` if it is no JSON object in UTF-8. */
export function decodeLine({ bytes, length }: ByteLine, maxBytes: number): JsonFields {
  if (bytes === undefined) {
    const advice = "--max-line-bytes allows longer ones";
    throw invalid(`the line has ${length} bytes, and may have ${maxBytes}: ${advice}`);
  }
  return readObject("the line", parseLine(decodeUtf8(bytes)));
}

/**
 * Reads a list: `query`, `documents` and the options of `POST /rerank`, under the names that its
 * routes know. Throws a RerankError that names the field at fault.
 */
export function readList(fields: JsonFields, defaults: ListDefaults): InputList {
  checkId("id", fields);
  const { id = null } = fields;
  if (id !== null && typeof id !== "string" && typeof id !== "number") {
    throw wrongType("id", "a text or a number", id);
  }
  const query = readText("query", fields.query);
  const documents = readDocuments(fields);
  const sentDocuments = fields.documents as readonly unknown[];
  for (const [index, document] of sentDocuments.entries()) {
    checkId(`documents[${index}].id`, document);
  }
  const own = Object.entries(readRankingOptions(fields)).filter(([, value]) => value !== undefined);
  return {
    request: { ...defaults, ...Object.fromEntries(own), query, documents },
    sentDocuments,
    returnDocuments: answerFields.returnDocuments.read(fields) ?? false,
  };
}

/** Throws a RerankError where an id would come out as another one than came in. */
function checkId(name: string, value: unknown): void {
  if (isInexactId(value)) throw invalid(`\`${name}\` ${inexactNumber}`);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw invalid("the line must be UTF-8");
  }
}

/** The rest of V8's message repeats the text. */
const positionPattern = /at position (\d+)/;

function parseLine(text: string): unknown {
  try {
    return JSON.parse(replaceLoneSurrogates(text));
  } catch (error) {
    const position = error instanceof Error ? positionPattern.exec(error.message)?.[1] : undefined;
    const place = position === undefined ? "" : `; it breaks at character ${position}`;
    throw invalid(`the line must be JSON${place}`);
  }
}

function invalid(message: string): RerankError {
  return new RerankError("invalid_argument", message);
}
