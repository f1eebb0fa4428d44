import { StartupError } from "../errors.ts";

/** A pair, and the logit that the reference gives it. */
export interface ParityCase {
  readonly query: string;
  readonly document: string;
  /** What the model is told to look for; undefined: its own. */
  readonly instruction: string | undefined;
  readonly logit: number;
}

/** A parity.json: what the authors' code says of some pairs. */
export interface Parity {
  /** The code that computed the logits, with versions. */
  readonly reference: string;
  /** Longest pair in tokens that it was asked for. */
  readonly maxLength: number;
  /** Which of two labels means "relevant"; undefined for a model with one. */
  readonly positiveLabel: string | undefined;
  readonly cases: readonly ParityCase[];
}

/** The differences between logits and the reference's. */
export interface ParityDifference {
  /** The largest difference of a logit. */
  readonly largest: number;
  /** The case that has it, as a position in the list. */
  readonly worst: number;
}

/** Reads the text of a parity.json. Throws a StartupError that names the field at fault. */
export function parseParity(text: string, path: string): Parity {
  const fields = asRecord(parseJson(text, path));
  const { reference, max_length: maxLength, positive_label: positiveLabel } = fields;
  if (typeof reference !== "string") throw wrong(path, "`reference` must be a text");
  if (!Number.isSafeInteger(maxLength) || (maxLength as number) < 1) {
    throw wrong(path, "`max_length` must be a whole number over 0");
  }
  if (positiveLabel !== undefined && typeof positiveLabel !== "string") {
    throw wrong(path, "`positive_label` must be a text");
  }
  if (!Array.isArray(fields.cases) || fields.cases.length === 0) {
    throw wrong(path, "`cases` must be a list of pairs");
  }
  const cases = fields.cases.map((value: unknown, at) => parseCase(value, `${path}: cases[${at}]`));
  return { reference, maxLength: maxLength as number, positiveLabel, cases };
}

/** Compares logits with those of the cases, in order. One that is not a number differs infinitely. */
export function compareLogits(
  cases: readonly ParityCase[],
  logits: readonly number[],
): ParityDifference {
  const differences = cases.map(({ logit }, at) => {
    const difference = Math.abs((logits[at] ?? Number.NaN) - logit);
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  });
  const largest = Math.max(0, ...differences);
  return { largest, worst: differences.indexOf(largest) };
}

function parseCase(value: unknown, place: string): ParityCase {
  const { query, document, instruction, logit } = asRecord(value);
  if (typeof query !== "string" || typeof document !== "string") {
    throw wrong(place, "`query` and `document` must be texts");
  }
  if (typeof logit !== "number") throw wrong(place, "`logit` must be a number");
  if (instruction !== undefined && typeof instruction !== "string") {
    throw wrong(place, "`instruction` must be a text");
  }
  return { query, document, instruction, logit };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StartupError(`${path}: not JSON`, { cause });
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as Readonly<Record<string, unknown>>) : {};
}

function wrong(place: string, problem: string): StartupError {
  return new StartupError(`${place}: ${problem}`, {
    hint: "`rerankd-export` writes a parity.json beside each model: {reference, max_length, cases: [{query, document, instruction?, logit}]}",
  });
}
