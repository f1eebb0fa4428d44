import { isOneInFile, keyOf, type Option } from "../options/option.ts";
import { isSwitch } from "../options/option-value.ts";
import { perModelOptions, serverOptions } from "./config-file.ts";

/** A JSON schema, or a part of one. */
type Schema = Readonly<Record<string, unknown>>;

/**
 * Returns the JSON schema (draft 7, which editors read) of configuration files, made of the table of
 * options.
 */
export function configSchema(): Schema {
  const models = {
    description: "The models that are served; requests that name none are for the first.",
    type: "array",
    minItems: 1,
    items: objectOf(perModelOptions.map(propertyOf)),
  };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "The configuration file of rerankd",
    ...objectOf([["models", models], ...serverOptions.map(propertyOf)]),
  };
}

function objectOf(properties: readonly (readonly [string, Schema])[]): Schema {
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  };
}

function propertyOf(option: Option): readonly [string, Schema] {
  const { help, helpInFile: description = help, default: fallback } = option;
  return [
    keyOf(option),
    {
      description,
      ...typeOf(option),
      ...(fallback !== undefined && { default: fallback }),
    },
  ];
}

function typeOf(option: Option): Schema {
  const { type } = option;
  const text = { type: "string", minLength: 1 };
  if (isOneInFile(option)) return text;
  switch (type.kind) {
    case "list":
      return { anyOf: [text, { type: "array", items: text }] };
    case "integer": {
      const number = { type: "integer", minimum: type.min, maximum: type.max };
      const words = Object.keys(type.words ?? {});
      return words.length > 0 ? { anyOf: [number, { enum: words }] } : number;
    }
    case "choice":
      return isSwitch(type) ? { enum: [true, false, ...type.choices] } : { enum: type.choices };
    default:
      return text;
  }
}
