/**
 * The template around the texts of a pair, for a reranker that was made from a language model or
 * trained with a prompt.
 */
export interface PromptTemplate {
  /** Texts before the query, each tokenized alone. */
  readonly before: readonly string[];
  /** The text with `{query}`, tokenized as one; it may hold `{instruction}`. */
  readonly query: string;
  /** The text with `{query}` where there is no instruction. Default: `query`. */
  readonly queryAlone?: string | undefined;
  /** Texts between query and document, each tokenized alone. */
  readonly between: readonly string[];
  /**
   * The text with `{document}`. What is before the document is tokenized with it; what is after it,
   * alone.
   */
  readonly document: string;
  /** Texts after the document, each tokenized alone. */
  readonly after: readonly string[];
  /** The instruction where a request has none. Default: none. */
  readonly instruction?: string | undefined;
  /** The most of the longest pair that the query's text may take, 0 to 1. */
  readonly queryShare: number;
  /** Whether that share is of what the texts before and after the pair leave. Default: of all. */
  readonly queryShareIsOfTexts?: boolean | undefined;
  /**
   * Whether the special tokens of tokenizer.json stand around the texts as well. Then the longer of
   * the two texts is cut first; otherwise the document is.
   */
  readonly usesPairTemplate: boolean;
}

const queryPlace = "{query}";
const documentPlace = "{document}";
const instructionPlace = "{instruction}";

/** Whether the model takes an instruction. */
export function takesInstruction({ query }: PromptTemplate): boolean {
  return query.includes(instructionPlace);
}

/** Returns the text of a query with its prompt. */
export function renderQuery(
  prompt: PromptTemplate,
  query: string,
  instruction = prompt.instruction,
): string {
  const { queryAlone = prompt.query } = prompt;
  const template = instruction === undefined ? queryAlone : prompt.query;
  const [head, tail] = splitAt(template, queryPlace);
  return `${instruct(head, instruction)}${query}${instruct(tail, instruction)}`;
}

/** Returns the text of a document with its prompt, except what comes after the document. */
export function renderDocument(prompt: PromptTemplate, document: string): string {
  return `${documentHead(prompt)}${document}`;
}

/** Returns what is before every document. */
export function documentHead({ document }: PromptTemplate): string {
  return splitAt(document, documentPlace)[0];
}

/** Returns what is after every document, in texts to tokenize each alone. */
export function documentTails({ document, after }: PromptTemplate): string[] {
  return [splitAt(document, documentPlace)[1], ...after].filter((text) => text !== "");
}

/** Returns what is after every query in its own text. */
export function queryTail({ query }: PromptTemplate): string {
  return splitAt(query, queryPlace)[1].replaceAll(instructionPlace, "");
}

function splitAt(template: string, place: string): readonly [string, string] {
  const at = template.indexOf(place);
  return at < 0 ? [template, ""] : [template.slice(0, at), template.slice(at + place.length)];
}

function instruct(text: string, instruction: string | undefined): string {
  return text.split(instructionPlace).join(instruction ?? "");
}
