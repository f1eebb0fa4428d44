import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { publint } from "publint";
import { packageRoot } from "../server-process.ts";
import { type PackageName, type PackedPackage, packPackage, runIn } from "./packed-package.ts";

/** One thing that each entry point of a package offers, by which its import is known to work. */
const offered: Readonly<Record<PackageName, Readonly<Record<string, string>>>> = {
  rerankd: {
    ".": "loadReranker",
    "./client": "createRerankClient",
    "./contract": "RerankService",
  },
  "rerankd-client": {
    ".": "createRerankClient",
    "./fallback": "rankWithoutServer",
    "./contract": "RerankService",
    "./web": "createRerankClient",
  },
};

const tool = (...path: string[]) => join(packageRoot, "node_modules", ...path);

/** Imports something of every entry point, and says whether one of them is missing. */
function consumerOf(name: PackageName): string {
  const entries = Object.entries(offered[name]);
  const lines = entries.map(
    ([entry, value], index) =>
      `import { ${value} as offered${index} } from "${entry.replace(".", name)}";`,
  );
  const list = entries.map((_, index) => `typeof offered${index}`);
  return `${lines.join("\n")}\nconsole.log([${list.join(", ")}].includes("undefined"));\n`;
}

for (const name of ["rerankd", "rerankd-client"] as const) {
  suite(`the entry points of ${name}, packed`, () => {
    let packed: PackedPackage;
    before(async () => {
      packed = await packPackage(name);
      const project = { name: "consumer", private: true, type: "module" };
      await writeFile(join(packed.project, "package.json"), JSON.stringify(project));
      for (const file of ["consumer.ts", "consumer.mjs"]) {
        await writeFile(join(packed.project, file), consumerOf(name));
      }
    });
    after(() => packed.remove());

    test("are those that are tested, and no other", () => {
      const { exports } = packed.manifest;
      assert.deepEqual(Object.keys(exports).sort(), Object.keys(offered[name]).sort());
    });

    test("can be imported with what the package depends on", async () => {
      const { code, output } = await runIn(packed.project, process.execPath, "consumer.mjs");

      assert.equal(code, 0, output);
      assert.equal(output, "false\n");
    });

    for (const [resolution, module] of [
      ["node16", "node16"],
      ["bundler", "esnext"],
    ] as const) {
      test(`type-check with moduleResolution ${resolution}`, async () => {
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

        const args = [tool("typescript", "bin", "tsc"), "--project", config];
        const { code, output } = await runIn(packed.project, process.execPath, ...args);
        assert.equal(code, 0, output);
      });
    }

    test("satisfy publint", async () => {
      const { messages } = await publint({ pkgDir: packed.folder, pack: false, strict: true });

      assert.deepEqual(messages, []);
    });

    test("satisfy Are the types wrong?, as those of a package of ES modules", async () => {
      const attw = tool("@arethetypeswrong", "cli", "dist", "index.js");
      const flags = ["--profile=esm-only", "--no-color", "--no-emoji"];
      const args = [attw, packed.tarball, ...flags];
      const { code, output } = await runIn(packed.project, process.execPath, ...args);

      assert.equal(code, 0, output);
    });
  });
}
