import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { RerankError } from "../../errors.ts";
import { replaceLoneSurrogates } from "../call/json-text.ts";
import { connectErrorOf } from "./connect-error.ts";

/** Decodes the bytes of a JSON message. */
export interface JsonDecoder {
  /** Throws TypeError if the bytes are not UTF-8, or ConnectError INVALID_ARGUMENT. */
  decode(bytes?: Uint8Array): string;
}

interface EnumField {
  readonly name: string;
  /** Matches the field where its value is neither a name of its enum nor a number. */
  readonly pattern: RegExp;
  readonly expected: string;
}

/**
 * Returns a decoder of UTF-8 that makes U+FFFD of lone surrogates, which protobuf-es refuses, and
 * refuses what is no name or number in the enum fields of a message. protobuf-es reads an unknown name as an unknown field where those are ignored, so a request that
 * misspells what it asks for would be answered as if it had not asked.
 *
 * It looks at the text, because only that is at hand before protobuf-es parses it. A key with its
 * quotation marks cannot stand inside a JSON string.
 */
export function createJsonDecoder(message?: DescMessage): JsonDecoder {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const fields = (message?.fields ?? []).flatMap(enumFieldOf);
  return {
    decode(bytes) {
      const text = replaceLoneSurrogates(decoder.decode(bytes));
      for (const { name, pattern, expected } of fields) {
        if (!pattern.test(text)) continue;
        const message = `\`${name}\` must be ${expected}`;
        throw connectErrorOf(new RerankError("invalid_argument", message, { field: name }));
      }
      return text;
    },
  };
}

function enumFieldOf(field: DescField): EnumField[] {
  if (field.fieldKind !== "enum") return [];
  const names = field.enum.values.map(({ name }) => name);
  const keys = `"(?:${field.name}|${field.jsonName})"`;
  const values = `null|-?\\d|"(?:${names.join("|")})"`;
  const pattern = new RegExp(`${keys}\\s*:(?!\\s*(?:${values}))`);
  return [{ name: field.name, pattern, expected: names.join(" or ") }];
}
