import { readFile } from "node:fs/promises";
import { problemOfApiKey } from "../../config/security-config.ts";
import { StartupError } from "../../errors.ts";

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
  for (const [at, line] of lines.entries()) {
    const problem = line === "" ? undefined : problemOfApiKey(line);
    if (problem === undefined) continue;
    throw new StartupError(`--api-keys-file, line ${at + 1}: a key ${problem}: \`${path}\``, {
      hint: "a key is one word; `openssl rand -hex 32` makes a good one",
    });
  }
  const keys = lines.filter((line) => line !== "");
  if (keys.length > 0) return keys;
  throw new StartupError(`--api-keys-file holds no key: \`${path}\``, {
    hint: "write one key a line, for example of `openssl rand -hex 32`",
  });
}
