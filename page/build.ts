/**
 * Builds the page that the server answers `GET /` with: its script and its style stand in the one
 * file dist/page/index.html. The same sources give the same bytes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The package's folder; this file runs from dist/page. */
const root = fileURLToPath(new URL("../..", import.meta.url));

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ["page/src/main.tsx", "page/style.css"],
  outdir: "dist/page",
  write: false,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  tsconfig: "page/tsconfig.json",
});

/** Returns what was built of the one source with this ending, fit to stand in an element. */
function built(ending: string, tag: string): string {
  const file = outputFiles.find(({ path }) => path.endsWith(ending));
  if (file === undefined) throw new Error(`nothing was built that ends in ${ending}`);
  const text = file.text.trim();
  if (text.includes(`</${tag}`)) throw new Error(`the ${tag} would end itself`);
  return `<${tag}${tag === "script" ? ' type="module"' : ""}>${text}</${tag}>`;
}

/** Preact's licence asks to stand in what holds it. */
const license = readFileSync(join(root, "node_modules", "preact", "LICENSE"), "utf8").trim();

const template = readFileSync(join(root, "page", "index.html"), "utf8");
const html = template
  .replace("<!-- license -->", () => `<!--\nThis page holds Preact.\n\n${license}\n-->`)
  .replace("<!-- style -->", () => built(".css", "style"))
  .replace("<!-- script -->", () => built(".js", "script"));
mkdirSync(join(root, "dist", "page"), { recursive: true });
writeFileSync(join(root, "dist", "page", "index.html"), html);
