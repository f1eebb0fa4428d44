import type { Logger } from "../telemetry/log.ts";

const nothing = (): void => {};

/** Writes nothing. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
