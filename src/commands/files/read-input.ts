import { readFile } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { UsageError } from "../../config/parse-options.ts";
import { StartupError } from "../../errors.ts";
import type { InputStream, ProcessContext } from "../process-context.ts";

/** The bytes of an input, and what to call it in messages. */
export interface Input {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads a file, or the standard input for `-` and where no file is named. Throws UsageError if that
 * is a terminal, and StartupError if the file cannot be read. Ends with an AbortError if
 * `context.stop` aborts.
 */
export async function readInput(
  file: string | undefined,
  { stdin, stop }: ProcessContext,
): Promise<Input> {
  if (file === undefined || file === "-") return await readStdin(file, stdin(), stop);
  try {
    return { name: file, bytes: await readFile(file, { signal: stop }) };
  } catch (cause) {
    if (stop.aborted) throw cause;
    throw new StartupError(`${file} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

async function readStdin(
  file: string | undefined,
  stdin: InputStream,
  stop: AbortSignal,
): Promise<Input> {
  if (file === undefined && stdin.isTTY) {
    throw new UsageError(["a FILE is missing, or `-` for the standard input"]);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of addAbortSignal(stop, stdin)) chunks.push(Buffer.from(chunk));
  return { name: "the standard input", bytes: Buffer.concat(chunks) };
}

/** Returns why the system refused, in words where they are common. */
export function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const words: Readonly<Record<string, string>> = {
    ENOENT: "it does not exist",
    EACCES: "permission denied",
    EISDIR: "it is a folder",
  };
  return words[code] ?? (code || "unknown reason");
}
