/** Rewrites the README's table of options, between its markers. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { optionsTable } from "../src/config/help.ts";
import { replaceBetween } from "./markers.ts";

const path = fileURLToPath(new URL("../../README.md", import.meta.url));
writeFileSync(path, replaceBetween(readFileSync(path, "utf8"), "options", optionsTable()));
