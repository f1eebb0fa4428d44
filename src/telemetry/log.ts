import { type DestinationStream, pino } from "pino";
import pretty from "pino-pretty";

/** The part of a pino logger that the program uses. Fields first, then a constant message. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Returns a logger whose lines have further fields. */
export function withFields(log: Logger, more: object): Logger {
  return {
    debug: (fields, message) => log.debug({ ...more, ...fields }, message),
    info: (fields, message) => log.info({ ...more, ...fields }, message),
    warn: (fields, message) => log.warn({ ...more, ...fields }, message),
    error: (fields, message) => log.error({ ...more, ...fields }, message),
  };
}

/** How a logger writes. */
export interface LogOptions {
  /** The least level that is written: `debug`, `info`, `warn`, `error` or `silent`. */
  readonly level: string;
  /** `json`: one object a line; `text`: lines for people; `auto`: text on a terminal, else json. */
  readonly format: string;
  readonly destination: DestinationStream & { readonly isTTY?: boolean };
  /** Whether text may have colours. */
  readonly color: boolean;
}

/**
 * Returns a logger. Queries and documents are never logged: no caller passes them, and the `query`
 * and `documents` fields are redacted in case one does.
 */
export function createLogger({ level, format, destination, color }: LogOptions): Logger {
  const text = format === "text" || (format === "auto" && destination.isTTY === true);
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ["query", "documents", "*.query", "*.documents"],
      ...(text ? {} : { formatters: { level: (label: string) => ({ level: label }) } }),
    },
    text
      ? pretty({
          destination,
          colorize: color,
          sync: true,
          singleLine: true,
          translateTime: "SYS:HH:MM:ss",
        })
      : destination,
  );
}
