import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";

/** A text file. */
export interface TextFile {
  /** As a caller can open it: from the first root that holds it. */
  readonly path: string;
  readonly text: string;
}

/** The files that were read, and those that were not. */
export interface ReadFiles {
  readonly files: readonly TextFile[];
  /** A path, and why it was left out. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** Limits on reading files: their folders and number. */
export interface ReadFilesOptions {
  /** Folders; nothing outside them is read, whatever links say. */
  readonly roots: readonly string[];
  /** Default: 500. */
  readonly maxFiles?: number | undefined;
  /** Default: 1 MiB. */
  readonly maxBytes?: number | undefined;
  readonly signal: AbortSignal;
}

const defaultMaxFiles = 500;
const defaultMaxBytes = 1024 * 1024;

/** Folders of what others wrote. */
const leftOutFolders: ReadonlySet<string> = new Set(["node_modules", "__pycache__"]);

/**
 * Reads text files: those that paths name, and those of the folders that they name, without hidden
 * ones. Paths are taken from the first root. Throws an error that names the path if one is outside
 * the roots or not there, or if there are too many files.
 */
export async function readFiles(
  paths: readonly string[],
  options: ReadFilesOptions,
): Promise<ReadFiles> {
  const { maxFiles = defaultMaxFiles, maxBytes = defaultMaxBytes, signal } = options;
  const roots = await Promise.all(options.roots.map(async (root) => await realpath(root)));
  const [base = "."] = roots;
  const found = new Set<string>();
  for (const path of paths) {
    const target = await locate(resolve(base, path), path, roots);
    for await (const file of walk(target, signal)) {
      found.add(file);
      if (found.size > maxFiles) {
        throw new Error(
          `paths must name at most ${maxFiles} files, got more: \`${path}\`; name folders further down`,
        );
      }
    }
  }
  const files: TextFile[] = [];
  const skipped: { path: string; reason: string }[] = [];
  for (const file of found) {
    signal.throwIfAborted();
    const path = relative(base, file) || file;
    const { text, reason } = await readText(file, maxBytes);
    if (text === undefined) skipped.push({ path, reason });
    else files.push({ path, text });
  }
  return { files, skipped };
}

async function locate(path: string, asked: string, roots: readonly string[]): Promise<string> {
  // Said of all paths outside alike, so that a caller cannot find out what is there.
  const outside = new Error(`paths: \`${asked}\` is not in a folder that may be read`);
  const isHere = roots.some((root) => isInside(root, path));
  const target = await realpath(path).catch(() => undefined);
  if (target === undefined) {
    throw isHere ? new Error(`paths: \`${asked}\` does not exist`) : outside;
  }
  if (!roots.some((root) => isInside(root, target))) throw outside;
  return target;
}

async function* walk(path: string, signal: AbortSignal): AsyncGenerator<string> {
  signal.throwIfAborted();
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) yield path;
  if (!found?.isDirectory()) return;
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || leftOutFolders.has(entry.name)) continue;
    // A link may lead out of the roots, or in a circle.
    if (entry.isDirectory() || entry.isFile()) yield* walk(join(path, entry.name), signal);
  }
}

async function readText(
  path: string,
  maxBytes: number,
): Promise<{ readonly text?: string; readonly reason: string }> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) return { reason: `larger than ${maxBytes} bytes` };
    const bytes = await readFile(path);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.includes("\0")) return { reason: "no text" };
    if (text.trim() === "") return { reason: "empty" };
    return { text, reason: "" };
  } catch (error) {
    if (error instanceof TypeError) return { reason: "no text in UTF-8" };
    return {
      reason: error instanceof Error && "code" in error ? String(error.code) : "unreadable",
    };
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
