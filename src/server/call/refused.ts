import { shorten } from "../../characters.ts";
import { RerankError } from "../../errors.ts";
import { HttpError } from "../http/http-error.ts";

/** Why a call was refused, for the log: nothing of it is a caller's own text. */
export interface Refused {
  /** In words, without the field and without what came. */
  readonly reason: string;
  /** The request field at fault. */
  readonly field: string | undefined;
  /** The limit that the request was over, in the unit that the reason names. */
  readonly limit: number | undefined;
}

/** Matches the end of a message that repeats the received value. */
const gotPattern = /, got: [\s\S]*/;

/** The part of a field's name that is not a caller's own: not the fields of a document. */
const fieldPattern = /^[\w-]+(?:\[\d+\])?(?:\.text\b)?/;

/** Longest reason of a line, in code points. */
const maxReasonChars = 160;

/** Returns why a call was refused; undefined for faults of the server, which have a line anyway. */
export function refusedOf(error: unknown): Refused | undefined {
  if (!(error instanceof RerankError || error instanceof HttpError)) return undefined;
  if (error.code === "internal") return undefined;
  const { field, limit } = error;
  const named = field !== undefined && error.message.startsWith(`\`${field}\` `);
  const problem = named ? error.message.slice(field.length + 3) : error.message;
  return {
    reason: shorten(problem.replace(gotPattern, ""), maxReasonChars),
    field: field === undefined ? undefined : fieldPattern.exec(field)?.[0],
    limit,
  };
}
