import {
  isAbsent,
  type JsonFields,
  maxInt32,
  readBoolean,
  readChoice,
  readInteger,
  readNumber,
  readText,
} from "./json-fields.ts";
import type { Schema } from "./openapi/schema.ts";

/** The names of a field: the one to use, and those that other servers' clients send. */
type Names = readonly [string, ...string[]];

/** A field of a request's body: what it is called, what it must be, and how it is read. */
export interface Field<Value> {
  readonly names: Names;
  /** What its value must be, in words and as a schema. Null is the same as absent. */
  readonly schema: Schema;
  /** Returns its value; undefined where it was not sent. Throws a RerankError that names it. */
  read(fields: JsonFields): Value | undefined;
}

/** Returns a field that is true or false. */
export function booleanField(description: string, ...names: Names): Field<boolean> {
  return {
    names,
    schema: { type: ["boolean", "null"], description },
    read: (fields) => readBoolean(fields, ...names),
  };
}

/** Returns a field that is a whole number of at least `minimum`. */
export function integerField(description: string, minimum: number, ...names: Names): Field<number> {
  return {
    names,
    schema: { type: ["integer", "null"], minimum, maximum: maxInt32, description },
    read: (fields) => readInteger(fields, minimum, ...names),
  };
}

/** Returns a field that is a number. */
export function numberField(description: string, name: string): Field<number> {
  return {
    names: [name],
    schema: { type: ["number", "null"], description },
    read: (fields) => readNumber(fields, name),
  };
}

/** Returns a field that is a text. */
export function textField(description: string, name: string): Field<string> {
  return {
    names: [name],
    schema: { type: ["string", "null"], description },
    read: (fields) => (isAbsent(fields[name]) ? undefined : readText(name, fields[name])),
  };
}

/** Returns a field that is one of some words, whatever their case. `title` names the words. */
export function choiceField<Word extends string>(
  title: string,
  description: string,
  words: readonly Word[],
  ...names: Names
): Field<Word> {
  return {
    names,
    schema: { anyOf: [{ title, type: "string", enum: words }, { type: "null" }], description },
    read: (fields) => readChoice(fields, words, ...names),
  };
}

/** Returns the schemas of some fields by name; under a second name the type alone. */
export function propertiesOf(fields: readonly Field<unknown>[]): Record<string, Schema> {
  const properties: Record<string, Schema> = {};
  for (const { names, schema } of fields) {
    const [name, ...others] = names;
    properties[name] = schema;
    for (const other of others) {
      properties[other] = {
        ...schema,
        description: `The same as \`${name}\`, which counts first.`,
      };
    }
  }
  return properties;
}
