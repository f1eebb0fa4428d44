/** The part of a stream that colours depend on. */
export interface ColorStream {
  readonly isTTY?: boolean | undefined;
}

/**
 * Whether to colour what goes to a stream: on a terminal, unless `NO_COLOR` is set or `TERM` is
 * `dumb`. `FORCE_COLOR` decides over all of it: on, or off where it is `0`.
 */
export function hasColors(
  stream: ColorStream,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}
