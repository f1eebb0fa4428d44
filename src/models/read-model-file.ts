import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { StartupError } from "../errors.ts";
import { parsePythonJson } from "../json/python-json.ts";

/** A JSON object, not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

const gitLfsPointerStart = "version https://git-lfs";
/** Enough to see a Git LFS pointer, or the first brace of a JSON file behind white space. */
const headBytes = 64;

/**
 * Reads a JSON object of a model folder, as Python writes it. Throws a StartupError that names the file.
 */
export async function readJsonObject(directory: string, file: string): Promise<JsonObject> {
  await checkHead(directory, file);
  const text = await readFile(join(directory, file), "utf8").catch((cause) => {
    throw unreadable(directory, file, cause);
  });
  let value: unknown;
  try {
    value = parsePythonJson(text);
  } catch (cause) {
    throw damaged(directory, file, "is not valid JSON", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw damaged(directory, file, "must hold a JSON object");
  }
  return value as JsonObject;
}

/**
 * Throws a StartupError if a file is unreadable, empty, or a Git LFS pointer in place of the file.
 */
export async function checkHead(directory: string, file: string): Promise<void> {
  const head = await readEdge(directory, file, "start");
  if (head === "") throw damaged(directory, file, "is empty");
  if (head.startsWith(gitLfsPointerStart)) {
    throw new StartupError(`${join(directory, file)} is a Git LFS pointer, not the file`, {
      hint: "run `git lfs pull` in the model's folder",
    });
  }
}

/**
 * Throws a StartupError if a large JSON file cannot be whole: it must start and end with a brace.
 */
export async function checkJsonEdges(directory: string, file: string): Promise<void> {
  await checkHead(directory, file);
  const start = await readEdge(directory, file, "start");
  const end = await readEdge(directory, file, "end");
  if (!start.trimStart().startsWith("{") || !end.trimEnd().endsWith("}")) {
    throw damaged(directory, file, "is not a whole JSON object");
  }
}

async function readEdge(directory: string, file: string, edge: "start" | "end"): Promise<string> {
  try {
    const handle = await open(join(directory, file));
    try {
      const { size } = await handle.stat();
      const position = edge === "start" ? 0 : Math.max(0, size - headBytes);
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(headBytes),
        0,
        headBytes,
        position,
      );
      return buffer.toString("latin1", 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(directory, file, cause);
  }
}

function unreadable(directory: string, file: string, cause: unknown): StartupError {
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new StartupError(`cannot read ${join(directory, file)}${code}`, {
    hint: "check that the file is there and that the server may read it",
    cause,
  });
}

function damaged(directory: string, file: string, what: string, cause?: unknown): StartupError {
  return new StartupError(`${join(directory, file)} ${what}`, {
    hint: "remove the file and fetch it again",
    cause,
  });
}
