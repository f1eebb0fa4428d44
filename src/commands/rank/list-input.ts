import { open, stat } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { UsageError } from "../../config/options/parse-options.ts";
import { StartupError } from "../../errors.ts";
import { openBytes, reasonOf } from "../files/read-input.ts";
import type { ProcessContext } from "../process-context.ts";
import { type LastLine, lastLineOf } from "./checkpoint.ts";
import { type ByteLine, isBlank, splitLines, withoutStart } from "./split-lines.ts";

/** Lines that come in. */
export interface LineInput {
  /** Lines that are not blank. */
  readonly lines: AsyncIterable<ByteLine>;
  /** Bytes of all lines; undefined where only reading them tells. */
  readonly totalBytes: number | undefined;
}

/** Which input, and from where. */
export interface LineInputOptions {
  /** A path, or `-` for the standard input; undefined: the standard input if it is no terminal. */
  readonly file: string | undefined;
  readonly maxBytes: number;
  /** The line after which to go on; undefined: from the start. */
  readonly after: LastLine | undefined;
}

/**
 * Opens a file, unpacked if its name ends in `.gz`, or the standard input. Rejects with UsageError if
 * that is a terminal, with StartupError if the file cannot be read; the lines throw a StartupError if
 * `after` is not where it was, and an AbortError if `context.stop` aborts.
 */
export async function openLines(
  { file, maxBytes, after }: LineInputOptions,
  { stdin, stop }: ProcessContext,
): Promise<LineInput> {
  const offset = after?.offset ?? 0;
  const from = { line: (after?.number ?? 1) - 1, offset };
  const isStdin = file === undefined || file === "-";
  const stream = isStdin ? stdin() : undefined;
  if (file === undefined && stream?.isTTY) {
    throw new UsageError(["a FILE is missing, or `-` for the standard input"]);
  }
  const size = isStdin ? undefined : await sizeOf(file);
  const canSeek = size !== undefined && !file?.endsWith(".gz");
  const start = canSeek ? offset : 0;
  const bytes = stream ? addAbortSignal(stop, stream) : openBytes(file as string, stop, start);
  const rest = withoutStart(chunksOf(bytes, file ?? "-", stop), offset - start);
  const all = splitLines(rest, { maxBytes, from });
  return {
    lines: wanted(after === undefined ? all : follow(all, after)),
    totalBytes: canSeek ? size : undefined,
  };
}

/** Returns the size of a file; undefined for a pipe or a device. Rejects if it cannot be read. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    // A folder can be opened, and says only when it is read that it is one.
    const stats = await stat(path);
    if (stats.isDirectory()) throw Object.assign(new Error("folder"), { code: "EISDIR" });
    if (!stats.isFile()) return undefined;
    await (await open(path)).close();
    return stats.size;
  } catch (cause) {
    throw new StartupError(`${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

async function* chunksOf(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  stop: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk;
  } catch (cause) {
    if (stop.aborted) throw cause;
    throw new StartupError(`${name} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

async function* wanted(lines: AsyncIterable<ByteLine>): AsyncGenerator<ByteLine> {
  for await (const line of lines) if (!isBlank(line)) yield line;
}

/** Yields the lines after the first, which must be `last`. */
async function* follow(lines: AsyncIterable<ByteLine>, last: LastLine): AsyncGenerator<ByteLine> {
  let isKnown = false;
  for await (const line of lines) {
    if (isKnown) {
      yield line;
      continue;
    }
    const { end, sha256 } = lastLineOf(line);
    // The last line of a file may have got its newline since.
    isKnown = (end === last.end || end === last.end + 1) && sha256 === last.sha256;
    if (!isKnown) break;
  }
  if (isKnown) return;
  throw new StartupError(
    `the input is not that of the run to go on with: its line ${last.number} is another`,
    { hint: "begin anew without --resume" },
  );
}
