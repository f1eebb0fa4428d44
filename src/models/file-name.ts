import { StartupError } from "../errors.ts";

const controlCharacters = /\p{Cc}/u;
const windowsDrive = /^[a-z]:/i;

/**
 * Throws a StartupError unless `name` is a relative path with `/` that stays inside its folder,
 * under POSIX and Windows rules. `where` says who gave the name, for example "the hub's listing".
 */
export function checkFileName(name: string, where: string): void {
  const parts = name.split("/");
  const leaves = parts.some(
    (part) =>
      part === "" ||
      part === "." ||
      part === ".." ||
      part.includes("\\") ||
      windowsDrive.test(part) ||
      controlCharacters.test(part),
  );
  if (!leaves) return;
  throw new StartupError(
    `${where} must only name files inside the model's folder, got: ${JSON.stringify(name)}`,
    { hint: "do not use this model; its files are not what they should be" },
  );
}
