import { readFile } from "node:fs/promises";
import { isApiKey } from "../config/security-config.ts";
import { StartupError } from "../errors.ts";

/** Begins a comment, at the start of a line or after a blank. */
const commentPattern = /(?:^|\s)#.*$/;

/**
 * Reads a file of API keys: one a line, blanks around it and comments left out. Rejects with a
 * StartupError, which repeats no key, if it cannot be read, a line is no key, or there is none.
 */
export async function readApiKeys(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new StartupError(`--api-keys-file cannot be read: \`${path}\``, { cause });
  });
  const lines = text.split(/\r?\n/).map((line) => line.replace(commentPattern, "").trim());
  const wrong = lines.findIndex((line) => line !== "" && !isApiKey(line));
  if (wrong !== -1) {
    throw new StartupError(`--api-keys-file has no key on line ${wrong + 1}: \`${path}\``, {
      hint: "a key is one word of visible ASCII characters",
    });
  }
  const keys = lines.filter((line) => line !== "");
  if (keys.length > 0) return keys;
  throw new StartupError(`--api-keys-file holds no key: \`${path}\``, {
    hint: "write one key a line, for example of `openssl rand -hex 32`",
  });
}
