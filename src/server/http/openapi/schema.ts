/**
 * A JSON Schema, as OpenAPI 3.1 has it (draft 2020-12). One with a `title` is printed once, under
 * that name, and referred to from wherever else it stands.
 */
export interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  /** The fields of an object that may have any name. */
  readonly additionalProperties?: Schema;
}

/** What the schema of an object says beside its properties. */
interface ObjectOptions {
  readonly description?: string;
  /** Names of fields that may be missing. Default: none. */
  readonly optional?: readonly string[];
  /** Names of the fields that must not be missing. Default: all that are not optional. */
  readonly needed?: readonly string[];
}

/** Returns the schema of an object under a name of its own. */
export function object(
  title: string,
  properties: Readonly<Record<string, Schema>>,
  { description, optional = [], needed }: ObjectOptions = {},
): Schema {
  const required = needed ?? Object.keys(properties).filter((name) => !optional.includes(name));
  return {
    title,
    ...(description !== undefined && { description }),
    type: "object",
    properties,
    ...(required.length > 0 && { required }),
  };
}

/** Returns the schema of a list. */
export function list(items: Schema, description?: string): Schema {
  return { type: "array", items, ...(description !== undefined && { description }) };
}

/** Returns the schema of a text. */
export function text(description?: string): Schema {
  return { type: "string", ...(description !== undefined && { description }) };
}

/** Returns the schema of a whole number of at least `minimum`. */
export function count(description?: string, minimum = 0): Schema {
  return { type: "integer", minimum, ...(description !== undefined && { description }) };
}

/** Returns the schema of a number. */
export function number(description?: string): Schema {
  return { type: "number", ...(description !== undefined && { description }) };
}

/** Returns the schema of a text that is one of some. */
export function word(words: readonly string[], description?: string): Schema {
  return { type: "string", enum: words, ...(description !== undefined && { description }) };
}

type Properties = Readonly<Record<string, Schema>>;

/** Returns some of the properties. */
export function pick(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => names.includes(name)));
}

/** Returns all properties but some. */
export function omit(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}
