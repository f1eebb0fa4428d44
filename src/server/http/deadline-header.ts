import { RerankError } from "../../errors.ts";

/** The request header that sets a deadline on the plain JSON routes. */
export const deadlineHeader = "x-request-timeout-ms";

/**
 * Returns the time that a request may take, in milliseconds, at most `maxMs`; undefined without the
 * header. Throws a RerankError `invalid_argument` unless it is a whole number of 1 or more.
 */
export function parseDeadlineHeader(
  header: string | readonly string[] | undefined,
  maxMs: number,
): number | undefined {
  if (header === undefined) return undefined;
  const timeoutMs = typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : 0;
  if (timeoutMs >= 1) return Math.min(timeoutMs, maxMs);
  throw new RerankError(
    "invalid_argument",
    `\`${deadlineHeader}\` must be a whole number of milliseconds, 1 or more`,
    { field: deadlineHeader },
  );
}
