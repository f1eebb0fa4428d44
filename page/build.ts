/**
 * Builds the pages that the server answers people with. Script and style of each stand in its one
 * file: dist/page/index.html for `GET /`, with its compressed forms; dist/page/docs.html.br and
 * grpc.html.br for the reference, which is made of the table of routes and of the .proto files. The
 * same sources give the same bytes on the same Node.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { packageVersion } from "../src/package-root.ts";
import { createOpenApiDocument } from "../src/server/http/openapi/document.ts";
import { describeProto, type ProtoDoc } from "./describe-proto.ts";
import { describedRoutes } from "./described-routes.ts";

/** What of the .proto files the reference shows, the most important first. */
const protoFiles = ["rerank/v1/rerank_service", "tei/v1/tei", "grpc/health/v1/health"];

/** The package's folder; this file runs from dist/page. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "dist", "page");

const common = {
  absWorkingDir: root,
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
} as const satisfies BuildOptions;

/** Returns what is built of one source. */
async function built(entry: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    ...common,
    ...options,
    entryPoints: [entry],
    write: false,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`nothing was built of ${entry}`);
  return file.text.trim();
}

/** Returns a text in an element of its own. */
function element(tag: "script" | "style", text: string): string {
  if (text.includes(`</${tag}`)) throw new Error(`the ${tag} would end itself`);
  return `<${tag}${tag === "script" ? ' type="module"' : ""}>${text}</${tag}>`;
}

function readTemplate(name: string): string {
  return readFileSync(join(root, "page", name), "utf8").trimEnd();
}

/** Returns a template whose comments are replaced by what they name; `head` is that of every page. */
function filled(template: string, parts: Readonly<Record<string, string>>): string {
  let html = `${readTemplate(template)}\n`;
  for (const [name, text] of Object.entries({ head: readTemplate("head.html"), ...parts }))
    html = html.replace(`<!-- ${name} -->`, () => text);
  return html;
}

function brotli(text: string): Uint8Array {
  return brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  });
}

async function writePage(): Promise<void> {
  /** Preact's licence asks to stand in what holds it. */
  const license = readFileSync(join(root, "node_modules", "preact", "LICENSE"), "utf8").trim();
  const html = filled("index.html", {
    license: `<!--\nThis page holds Preact.\n\n${license}\n-->`,
    style: element("style", await built("page/style.css")),
    script: element("script", await built("page/src/main.tsx")),
  });
  writeFileSync(join(folder, "index.html"), html);
  writeFileSync(join(folder, "index.html.br"), brotli(html));
  const gzip = gzipSync(html, { level: constants.Z_BEST_COMPRESSION });
  writeFileSync(join(folder, "index.html.gz"), gzip);
}

/** What page/docs/render.tsx offers. */
interface Renderer {
  renderHttpReference(openApi: object): string;
  renderGrpcReference(files: readonly ProtoDoc[]): string;
}

async function writeReference(): Promise<void> {
  const program = join(folder, "render.mjs");
  writeFileSync(program, await built("page/docs/render.tsx", { platform: "node" }));
  const renderer: Renderer = await import(program);
  const buf = join(root, "node_modules", ".bin", "buf");
  const descriptors = execFileSync(
    buf,
    ["build", "--as-file-descriptor-set", "-o", "-#format=binpb"],
    {
      cwd: root,
      maxBuffer: 16 * 1024 * 1024,
    },
  );
  const openApi = createOpenApiDocument(describedRoutes(), packageVersion());
  const style = element("style", await built("page/docs/style.css"));
  const pages = {
    docs: { title: "The HTTP API of rerankd", body: renderer.renderHttpReference(openApi) },
    grpc: {
      title: "The gRPC contract of rerankd",
      body: renderer.renderGrpcReference(describeProto(descriptors, protoFiles)),
    },
  };
  for (const [name, { title, body }] of Object.entries(pages)) {
    const html = filled("docs/template.html", { title, style, body });
    writeFileSync(join(folder, `${name}.html.br`), brotli(html));
  }
}

mkdirSync(folder, { recursive: true });
await writePage();
await writeReference();
