import { StartupError } from "../errors.ts";

/** What the longest pair depends on. */
export interface LengthWish {
  /** Longest pair that was asked for, in tokens; undefined: nobody did. */
  readonly asked: number | undefined;
  /** Longest pair that the model can read, in tokens; undefined: its files do not tell. */
  readonly modelLimit: number | undefined;
  /** Whether it is the bundled model. */
  readonly isBundled: boolean;
}

/** Longest pair in tokens where none is asked for: that of the guide's server. */
const defaultMaxLength = 512;

/**
 * Returns the longest pair in tokens. Default: 512, or the model's own limit where that is lower;
 * the bundled model reads as far as it can, because its cost does not grow faster than the length.
 * Throws a StartupError if more was asked for than the model has positions for.
 */
export function chooseMaxLength({ asked, modelLimit, isBundled }: LengthWish): number {
  if (asked === undefined) {
    return isBundled && modelLimit !== undefined
      ? modelLimit
      : Math.min(defaultMaxLength, modelLimit ?? defaultMaxLength);
  }
  if (modelLimit === undefined || asked <= modelLimit) return asked;
  throw new StartupError(
    `--max-length must be at most the model's own limit of ${modelLimit}, got: \`${asked}\``,
  );
}
