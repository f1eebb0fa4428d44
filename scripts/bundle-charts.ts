/**
 * Puts the plotting library into the compiled reports, so that the package needs it at no one's run
 * time. Part of `npm run build`. The licences of what was put in stand in a file beside.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const file = join(root, "dist", "src", "reports", "charts.js");

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [file],
  outfile: file,
  allowOverwrite: true,
  bundle: true,
  minify: true,
  metafile: true,
  platform: "node",
  format: "esm",
  // Linkedom's optional canvas, which no chart draws on.
  external: ["canvas"],
  logLevel: "warning",
});

rmSync(`${file}.map`, { force: true });

const packages = new Set(
  Object.keys(metafile.inputs).flatMap((path) => {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
    return folder === undefined ? [] : [folder];
  }),
);
const licences = [...packages].sort().map((folder) => {
  const { name, version, license } = JSON.parse(
    readFileSync(join(root, folder, "package.json"), "utf8"),
  );
  const licence = readdirSync(join(root, folder)).find((file) => /^licen[cs]e/i.test(file));
  const text = licence === undefined ? "" : readFileSync(join(root, folder, licence), "utf8");
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
});
writeFileSync(file.replace(/\.js$/, ".LICENSES.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));
