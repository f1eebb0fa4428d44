import type { Logger } from "../../src/telemetry/log.ts";

type LogLevel = keyof Logger;

/** One line that was logged. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines. */
export interface RecordingLogger extends Logger {
  readonly lines: readonly LogLine[];
  /** Resolves with the first line, old or new, that passes. */
  find(passes: (line: LogLine) => boolean): Promise<LogLine>;
}

/** Returns a logger that keeps its lines. */
export function createRecordingLogger(): RecordingLogger {
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  const write = (level: LogLevel) => (fields: object, message: string) => {
    const line = { level, message, fields: { ...fields } };
    lines.push(line);
    for (const look of [...waiting]) look(line);
  };
  return {
    lines,
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    find: (passes) =>
      new Promise((resolve) => {
        const past = lines.find(passes);
        if (past) return resolve(past);
        const look = (line: LogLine): void => {
          if (!passes(line)) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
      }),
  };
}
