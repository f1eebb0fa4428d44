import { StartupError } from "../errors.ts";

/** Longest pair in tokens where none is asked for: that of the guide's server. */
export const defaultMaxLength = 512;

/**
 * Returns the longest pair in tokens. Default: 512, or the model's own limit where that is lower.
 * Throws a StartupError if more was asked for than the model has positions for.
 */
export function chooseMaxLength(asked: number | undefined, modelLimit: number): number {
  if (asked === undefined) return Math.min(defaultMaxLength, modelLimit);
  if (asked <= modelLimit) return asked;
  throw new StartupError(
    `--max-length must be at most the model's own limit of ${modelLimit}, got: \`${asked}\``,
  );
}
