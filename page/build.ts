/**
 * Builds the page that the server answers `GET /` with: its script and its style stand in the one
 * file dist/page/index.html. Beside it stand its compressed forms. The same sources give the same
 * bytes on the same Node.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
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
const folder = join(root, "dist", "page");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "index.html"), html);
const compressed = {
  br: brotliCompressSync(html, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: html.length } }),
  gz: gzipSync(html, { level: constants.Z_BEST_COMPRESSION }),
};
for (const [ending, bytes] of Object.entries(compressed)) {
  writeFileSync(join(folder, `index.html.${ending}`), bytes);
}
