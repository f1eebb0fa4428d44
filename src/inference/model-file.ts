import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { StartupError } from "../errors.ts";

const hint = "Delete the file and download the model again, or name another model.";

/**
 * Throws a StartupError if there is no model file at the path. It names the file and not its
 * folders.
 */
export async function checkModelFile(path: string): Promise<void> {
  const name = basename(path);
  const found = await stat(path).catch((cause: unknown) => {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    const problem = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
    const options = { hint: "Download the model, or name the folder that holds it.", cause };
    throw new StartupError(`the model file \`${name}\` ${problem}`, options);
  });
  if (!found.isFile()) throw new StartupError(`the model file \`${name}\` is not a file`, { hint });
  if (found.size === 0) throw new StartupError(`the model file \`${name}\` is empty`, { hint });
}

/** The error for a model file that the runtime does not load. */
export function modelFileError(path: string, cause: unknown): StartupError {
  const reason = reasonOf(path, cause);
  const message = `the model file \`${basename(path)}\` cannot be loaded; it may be damaged: ${reason}`;
  return new StartupError(message, { hint, cause });
}

/** Returns the first line of an error of the runtime, without the folders of the model. */
export function reasonOf(path: string, cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const [firstLine = ""] = text.trim().split("\n");
  return firstLine
    .replaceAll(`${dirname(path)}/`, "")
    .replaceAll(dirname(path), "the model folder");
}

/** Returns whether an error of the runtime is about the file and not about the device. */
export function isModelFileFault(cause: unknown): boolean {
  const text = cause instanceof Error ? cause.message : String(cause);
  return /protobuf|Load model from|external data|No graph was found|opset|not a registered function/i.test(
    text,
  );
}
