import { join } from "node:path";
import { StartupError } from "../../errors.ts";
import { templateFile } from "../model-files.ts";
import { type JsonObject, readJsonObject } from "../read-model-file.ts";
import {
  type ModelPrompt,
  promptTemplates,
  type TemplateName,
  templateNames,
  templateOf,
} from "./prompt-templates.ts";

/** The operator's settings for the prompt around the texts of a pair. */
export interface PromptOptions {
  /** A built-in template by name, or `none`. Default: as the model's files say. */
  readonly template?: string | undefined;
  /** The text with `{query}`, and perhaps `{instruction}`. */
  readonly queryTemplate?: string | undefined;
  /** The text with `{document}`. */
  readonly documentTemplate?: string | undefined;
  /** The instruction where a request has none. */
  readonly instruction?: string | undefined;
}

/** The facts and settings that decide a model's prompt. */
export interface PromptFacts {
  readonly model: string;
  readonly directory: string;
  readonly present: readonly string[];
  /** config_sentence_transformers.json where it counts; else empty. */
  readonly sentenceTransformers: JsonObject;
  /** Whether the model was made from one that reads left to right. */
  readonly isDecoder: boolean;
  readonly options: PromptOptions;
}

/** The template in which both texts stand alone. */
const bare: ModelPrompt = {
  before: [],
  query: "{query}",
  between: [],
  document: "{document}",
  after: [],
  queryShare: 1,
  usesPairTemplate: true,
};

/**
 * Returns what stands around the texts of a model's pairs, or undefined for nothing: as the
 * operator says, else as rerankd.json in the model's folder, else as is known of the exact model,
 * else the prompt that sentence-transformers puts before queries.
 *
 * Throws a StartupError for a template without its place, an instruction that the template has no
 * place for, and a language model without a template: its scores would be meaningless.
 */
export async function readModelPrompt(facts: PromptFacts): Promise<ModelPrompt | undefined> {
  const { options, model, isDecoder } = facts;
  const prompt = await findPrompt(facts);
  if (prompt === undefined && isDecoder && options.template !== "none") {
    throw new StartupError(
      `\`${model}\` was made from a language model, and it is not known which text it wants its pairs in`,
      {
        hint: `name its template with --template (${templateNames.join(", ")}), or give it with --query-template and --document-template; --template none sends the texts bare`,
      },
    );
  }
  if (options.instruction === undefined) return prompt;
  if (prompt === undefined || !prompt.query.includes("{instruction}")) {
    throw new StartupError(`--instruction has no place in the template of \`${model}\``, {
      hint: "leave it out, or give a --query-template with {instruction} in it",
    });
  }
  return { ...prompt, instruction: options.instruction };
}

async function findPrompt(facts: PromptFacts): Promise<ModelPrompt | undefined> {
  const { options, model, directory, present, sentenceTransformers } = facts;
  const { template, queryTemplate, documentTemplate } = options;
  if (queryTemplate !== undefined || documentTemplate !== undefined) {
    return ownPrompt(queryTemplate, documentTemplate, ["--query-template", "--document-template"]);
  }
  if (template === "none") return undefined;
  if (template !== undefined) return builtIn(template, "--template");
  if (present.includes(templateFile)) {
    return promptOfFile(
      await readJsonObject(directory, templateFile),
      join(directory, templateFile),
    );
  }
  const known = templateOf(model);
  if (known !== undefined) return promptTemplates[known];
  const prefix = defaultPrompt(sentenceTransformers);
  return prefix === "" ? undefined : { ...bare, query: `${withoutPlaces(prefix)}{query}` };
}

function promptOfFile(fields: JsonObject, path: string): ModelPrompt {
  const textOf = (name: string): string | undefined => {
    const value = fields[name] ?? undefined;
    if (value === undefined || typeof value === "string") return value;
    throw new StartupError(`${path}: \`${name}\` must be a text, got: ${JSON.stringify(value)}`);
  };
  const template = textOf("template");
  const instruction = textOf("instruction");
  const prompt =
    template === undefined
      ? ownPrompt(textOf("query_template"), textOf("document_template"), [
          `${path}: \`query_template\``,
          `${path}: \`document_template\``,
        ])
      : builtIn(template, `${path}: \`template\``);
  return instruction === undefined ? prompt : { ...prompt, instruction };
}

function builtIn(name: string, where: string): ModelPrompt {
  const known = templateNames.find((template) => template === name) as TemplateName | undefined;
  if (known !== undefined) return promptTemplates[known];
  throw new StartupError(`${where} must be one of ${templateNames.join(", ")}, got: \`${name}\``);
}

function ownPrompt(
  query = bare.query,
  document = bare.document,
  [queryName, documentName]: readonly [string, string],
): ModelPrompt {
  checkPlace(query, "{query}", queryName);
  checkPlace(document, "{document}", documentName);
  return { ...bare, query, document };
}

function checkPlace(text: string, place: string, where: string): void {
  const count = text.split(place).length - 1;
  if (count === 1) return;
  throw new StartupError(`${where} must hold ${place} once, got: ${count} times`);
}

/** Returns the prompt that sentence-transformers puts before a query by default. */
function defaultPrompt({ prompts, default_prompt_name: name }: JsonObject): string {
  if (typeof name !== "string" || typeof prompts !== "object" || prompts === null) return "";
  const prompt = Object.hasOwn(prompts, name) ? (prompts as JsonObject)[name] : undefined;
  return typeof prompt === "string" ? prompt : "";
}

/** A prompt is no template: braces in it are text. No published prompt has the places' names. */
function withoutPlaces(prompt: string): string {
  return prompt.replaceAll("{query}", "").replaceAll("{instruction}", "");
}
