import { type DestinationStream, pino } from "pino";

/** The part of a pino logger that the program uses. Fields first, then a constant message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Levels of a logger, from most to least talkative. */
export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;

/** A level of a logger. */
export type LogLevel = (typeof logLevels)[number];

/**
 * Returns a logger that writes one JSON object a line to `destination`. Queries and documents are never logged: no
 * caller passes them, and the `query` and `documents` fields are redacted in case one does.
 */
export function createLogger(level: LogLevel, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ["query", "documents", "*.query", "*.documents"],
    },
    destination,
  );
}
