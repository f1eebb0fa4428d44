import assert from "node:assert/strict";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { publint } from "publint";
import { packageRoot } from "../server-process.ts";
import { type PackedPackage, packPackage, runIn } from "./packed-package.ts";

/** One thing that each entry point offers, by which its import is known to work. */
const offered: Readonly<Record<string, string>> = {
  ".": "loadReranker",
  "./client": "createRerankClient",
  "./contract": "RerankService",
};

/** Largest page, in gzip. It is 27 kB with its library; this leaves it room to grow. */
const maxPageBytes = 40_000;

/** What is in the package for the page alone: itself, its route, what is written and shown of it. */
const pagePattern =
  /^dist\/page\/.+|^dist\/src\/server\/http\/(dialects\/page|content-coding)\.|^docs\/(page\.md|images\/.+)$/;

/** Most that these files take, unpacked. */
const maxPageShare = 150_000;

const tool = (...path: string[]) => join(packageRoot, "node_modules", ...path);

suite("the packed package", () => {
  let packed: PackedPackage;
  before(async () => {
    packed = await packPackage();
    const project = { name: "consumer", private: true, type: "module" };
    await writeFile(join(packed.project, "package.json"), JSON.stringify(project));
    await writeFile(join(packed.project, "consumer.ts"), consumer());
  });
  after(() => packed.remove());

  /** Imports something of every entry point. */
  function consumer(): string {
    const lines = Object.entries(offered).map(
      ([entry, name], index) =>
        `import { ${name} as offered${index} } from "${join("rerankd", entry)}";`,
    );
    const list = Object.keys(offered).map((_, index) => `typeof offered${index}`);
    return `${lines.join("\n")}\nconsole.log([${list.join(", ")}].includes("undefined"));\n`;
  }

  test("offers the entry points that are tested, and no other", () => {
    assert.deepEqual(Object.keys(packed.manifest.exports).sort(), Object.keys(offered).sort());
  });

  test("holds what a user reads, and nothing that only developers need", async () => {
    const { output } = await runIn(packed.project, "tar", "-tzf", packed.tarball);
    const files = output.trim().split("\n");

    // Of the benchmark, what a page shows.
    const shown = /^package\/bench\/(plots\/[\w-]+\.svg|\w+\.md)$/;
    assert.deepEqual(
      files.filter(
        (file) =>
          /\/(test|bench|scripts|train|node_modules|\.cache)\//.test(file) && !shown.test(file),
      ),
      [],
    );
    for (const name of ["LICENSE", "README.md", "CHANGELOG.md", ".env.example"]) {
      assert(files.includes(`package/${name}`), `${name} is missing`);
    }
    assert.deepEqual(
      files.filter((file) => file.startsWith("package/examples/") && /\.pb\.go|_pb2/.test(file)),
      [],
    );
  });

  test("holds the page as one small file with its compressed forms, which asks for nothing from elsewhere", async () => {
    const folder = join(packed.folder, "dist", "page");
    const read = async (name: string) => await readFile(join(folder, name));
    const page = await read("index.html");
    const gzipped = await read("index.html.gz");

    assert.deepEqual((await readdir(folder)).sort(), [
      "index.html",
      "index.html.br",
      "index.html.gz",
    ]);
    assert(gzipped.byteLength < maxPageBytes, `${gzipped.byteLength} bytes`);
    assert(gunzipSync(gzipped).equals(page));
    assert(brotliDecompressSync(await read("index.html.br")).equals(page));
    assert.doesNotMatch(String(page), /<(?:script|link|img|iframe)[^>]* (?:src|href)="(?!data:)/);
  });

  test("is not much larger for the page", async () => {
    const names = await readdir(packed.folder, { recursive: true });
    const ofPage = names.filter((name) => pagePattern.test(name));
    const sizes = await Promise.all(
      ofPage.map(async (name) => (await stat(join(packed.folder, name))).size),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);

    for (const name of ["dist/page/index.html", "docs/page.md"]) assert(ofPage.includes(name));
    assert(total < maxPageShare, `${total} bytes: ${ofPage.join(" ")}`);
    // Preact is in the page, and what builds the page is not needed to serve it.
    const needed = Object.keys(packed.manifest.dependencies);
    assert.doesNotMatch(needed.join(" "), /preact|esbuild/);
  });

  test("starts as `rerankd`", async () => {
    const program = join(packed.folder, packed.manifest.bin.rerankd ?? "");
    // As npm does when it links `bin`.
    await chmod(program, 0o755);

    const { code, output } = await runIn(packed.project, program, "--version");
    assert.equal(code, 0, output);
    assert(output.startsWith(`rerankd ${packed.manifest.version}`), output);
  });

  test("can be imported with what it depends on", async () => {
    const script = await readFile(join(packed.project, "consumer.ts"), "utf8");
    await writeFile(join(packed.project, "consumer.mjs"), script);

    const { code, output } = await runIn(packed.project, process.execPath, "consumer.mjs");
    assert.equal(code, 0, output);
    assert.equal(output, "false\n");
  });

  for (const [resolution, module] of [
    ["node16", "node16"],
    ["bundler", "esnext"],
  ] as const) {
    test(`type-checks with moduleResolution ${resolution}`, async () => {
      const compilerOptions = {
        target: "es2023",
        module,
        moduleResolution: resolution,
        strict: true,
        noEmit: true,
        types: ["node"],
      };
      const config = join(packed.project, `tsconfig.${resolution}.json`);
      await writeFile(config, JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));

      const tsc = tool("typescript", "bin", "tsc");
      const { code, output } = await runIn(
        packed.project,
        process.execPath,
        tsc,
        "--project",
        config,
      );
      assert.equal(code, 0, output);
    });
  }

  test("satisfies publint", async () => {
    const { messages } = await publint({ pkgDir: packed.folder, pack: false, strict: true });

    assert.deepEqual(messages, []);
  });

  test("satisfies Are the types wrong?, as a package of ES modules", async () => {
    const attw = tool("@arethetypeswrong", "cli", "dist", "index.js");
    const { code, output } = await runIn(
      packed.project,
      process.execPath,
      attw,
      packed.tarball,
      "--profile=esm-only",
      "--no-color",
      "--no-emoji",
    );
    assert.equal(code, 0, output);
  });
});
