/** Rewrites the tables of options in the README and in docs/cli.md, between their markers. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { optionsTable } from "../src/config/help.ts";
import { replaceBetween } from "./markers.ts";

const root = new URL("../../", import.meta.url);

rewrite("README.md", (text) => replaceBetween(text, "options", optionsTable()));
rewrite("docs/cli.md", (text) =>
  (["pull", "rank", "health", "eval"] as const).reduce(
    (result, command) => replaceBetween(result, `${command}-options`, optionsTable(command)),
    text,
  ),
);

function rewrite(file: string, change: (text: string) => string): void {
  const path = fileURLToPath(new URL(file, root));
  writeFileSync(path, change(readFileSync(path, "utf8")));
}
