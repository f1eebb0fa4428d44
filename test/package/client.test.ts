import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { build } from "esbuild";
import { packageRoot } from "../server-process.ts";
import { type Manifest, type PackedPackage, packPackage, runIn } from "./packed-package.ts";

/** Most that the files of the package take, unpacked, in bytes. */
const maxBytes = 250_000;

/** Largest bundle of the entry for browsers, minified, in bytes. */
const maxBundleBytes = 160_000;

const manifestOf = (...path: string[]): Manifest =>
  JSON.parse(readFileSync(join(packageRoot, ...path, "package.json"), "utf8"));

suite("the packed client", () => {
  let packed: PackedPackage;
  before(async () => {
    packed = await packPackage("rerankd-client");
    const project = { name: "consumer", private: true, type: "module" };
    await writeFile(join(packed.project, "package.json"), JSON.stringify(project));
  });
  after(() => packed.remove());

  test("holds its license, its page, code with types, and nothing else", () => {
    const code = /^dist\/(client\/src|gen\/rerank\/v1)\/[\w/-]+(\.js|\.d\.ts)$/;
    const others = packed.files.map(({ path }) => path).filter((path) => !code.test(path));
    const bytes = packed.files.reduce((sum, { size }) => sum + size, 0);

    assert.deepEqual(others.sort(), ["LICENSE", "README.md", "package.json"]);
    assert(bytes <= maxBytes, `${bytes} bytes`);
  });

  test("has the version of the server, and its versions of what both depend on", () => {
    const server = manifestOf();
    const { version, dependencies, peerDependencies } = packed.manifest;

    assert.equal(version, server.version);
    for (const [name, range] of Object.entries({ ...dependencies, ...peerDependencies })) {
      const locked = manifestOf("node_modules", name).version;
      const [base = ""] = range.match(/[\d.]+/) ?? [];
      const parts = range.startsWith("~") ? 2 : 1;
      const first = (text: string): string => text.split(".").slice(0, parts).join(".");
      assert.equal(first(locked), first(base), `${name} ${range}`);
      const pinned = server.dependencies[name];
      if (pinned !== undefined) assert.equal(pinned, locked, name);
    }
  });

  test("has scripts that build it, and none that run where it is installed", () => {
    const { scripts } = manifestOf("client") as unknown as { scripts: Record<string, string> };

    assert.deepEqual(Object.keys(scripts).sort(), ["build"]);
  });

  test("works without @grpc/grpc-js until several servers are asked, and then names it", async () => {
    await rm(join(packed.project, "node_modules", "@grpc"), { recursive: true });
    const script = `import { createRerankClient } from "rerankd-client";
      const client = createRerankClient({ url: "http://127.0.0.1:1,http://127.0.0.1:2" });
      const one = createRerankClient({ url: "http://127.0.0.1:1" });
      for (const it of [one, client]) {
        await it.rerank({ query: "q", documents: ["d"] }).catch(({ code, message }) => {
          console.log(code, /npm install @grpc\\/grpc-js/.test(message));
        });
        await it.close();
      }`;
    await writeFile(join(packed.project, "several.mjs"), script);

    const { output } = await runIn(packed.project, process.execPath, "several.mjs");
    assert.equal(output, "unavailable false\ninvalid_argument true\n");
  });

  for (const entry of ["web", "fallback", "contract"]) {
    test(`is bundled for browsers from \`rerankd-client/${entry}\` without anything of Node`, async () => {
      const source = join(packed.project, `${entry}.mjs`);
      await writeFile(source, `export * from "rerankd-client/${entry}";`);

      const { outputFiles, warnings } = await build({
        entryPoints: [source],
        bundle: true,
        minify: true,
        platform: "browser",
        format: "esm",
        write: false,
        logLevel: "silent",
      });

      assert.deepEqual(warnings, []);
      const [bundle] = outputFiles;
      assert(bundle && bundle.contents.byteLength <= maxBundleBytes, `${bundle?.contents.length}`);
      assert.doesNotMatch(bundle.text, /"node:/);
    });
  }
});
