import assert from "node:assert/strict";
import { chmod, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { type PackedPackage, packPackage, runIn } from "./packed-package.ts";

/** Tests, tools and what models are trained with. */
const developersFiles = /(^|\/)(test|bench|scripts|train|node_modules|\.cache)\/|\.map$|\.test\./;

/** Largest of the folders and files at the top of the package, in bytes: each may grow a little. */
const maxBytes: Readonly<Record<string, number>> = {
  models: 64_000_000,
  dist: 2_800_000,
  docs: 500_000,
  deploy: 150_000,
  bench: 100_000,
};

/** Largest of the others together, in bytes. */
const maxOtherBytes = 150_000;

/** Largest page, in gzip. It is 27 kB with its library; it may grow a little. */
const maxPageBytes = 40_000;

/** What is in the package for the page alone: itself, its route, what is written and shown of it. */
const pagePattern =
  /^dist\/page\/.+|^dist\/src\/server\/http\/(dialects\/(page|static-answer)|content-coding)\.|^docs\/(page\.md|images\/.+)$/;

/** Most that these files take, unpacked. */
const maxPageShare = 150_000;

suite("the packed package of the server", () => {
  let packed: PackedPackage;
  before(async () => {
    packed = await packPackage();
  });
  after(() => packed.remove());

  test("holds what a user reads, and nothing that only developers need", () => {
    const files = packed.files.map(({ path }) => path);

    // Of the benchmark, what a page shows.
    const shown = /^bench\/(plots\/[\w-]+\.svg|\w+\.md)$/;
    assert.deepEqual(
      files.filter((file) => developersFiles.test(file) && !shown.test(file)),
      [],
    );
    for (const name of ["LICENSE", "README.md", "CHANGELOG.md", ".env.example"]) {
      assert(files.includes(name), `${name} is missing`);
    }
    assert.deepEqual(
      files.filter((file) => file.startsWith("examples/") && /\.pb\.go|_pb2/.test(file)),
      [],
    );
  });

  test("is no larger in any part than it should be", () => {
    const sizes = new Map<string, number>();
    for (const { path, size } of packed.files) {
      const [top = ""] = path.split("/");
      const part = top in maxBytes ? top : "others";
      sizes.set(part, (sizes.get(part) ?? 0) + size);
    }

    for (const [part, bytes] of sizes) {
      assert(bytes <= (maxBytes[part] ?? maxOtherBytes), `${part}: ${bytes} bytes`);
    }
    assert.equal(sizes.size, Object.keys(maxBytes).length + 1);
  });

  test("holds the page as one small file with its compressed forms, which asks for nothing from elsewhere", async () => {
    const folder = join(packed.folder, "dist", "page");
    const read = async (name: string) => await readFile(join(folder, name));
    const page = await read("index.html");
    const gzipped = await read("index.html.gz");

    assert.deepEqual((await readdir(folder)).sort(), [
      "docs.html.br",
      "grpc.html.br",
      "index.html",
      "index.html.br",
      "index.html.gz",
    ]);
    assert(gzipped.byteLength < maxPageBytes, `${gzipped.byteLength} bytes`);
    assert(gunzipSync(gzipped).equals(page));
    assert(brotliDecompressSync(await read("index.html.br")).equals(page));
    const reference = await Promise.all(
      ["docs.html.br", "grpc.html.br"].map(async (name) => brotliDecompressSync(await read(name))),
    );
    for (const text of [page, ...reference]) {
      assert.doesNotMatch(String(text), /<(?:script|link|img|iframe)[^>]* (?:src|href)="(?!data:)/);
    }
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
    const program = join(packed.folder, packed.manifest.bin?.rerankd ?? "");
    // As npm does when it links `bin`.
    await chmod(program, 0o755);

    const { code, output } = await runIn(packed.project, program, "--version");
    assert.equal(code, 0, output);
    assert(output.startsWith(`rerankd ${packed.manifest.version}`), output);
  });
});
