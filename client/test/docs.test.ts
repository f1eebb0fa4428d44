import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import { type PackedPackage, packPackage } from "../../test/package/packed-package.ts";
import { packageRoot, type ServerProcess, startServerProcess } from "../../test/server-process.ts";
import { defaultFormula } from "../src/fallback/fallback-score.ts";

const run = promisify(execFile);
const textOf = (page: string): string => readFileSync(join(packageRoot, page), "utf8");
const compiler = join(packageRoot, "node_modules", "typescript", "bin", "tsc");

/** Pages about the client, and how many examples each has at least. */
const pages = { "docs/client.md": 3, "client/README.md": 3 };

/** An example of a page. */
interface Example {
  readonly name: string;
  readonly code: string;
  /** What the page shows below it; undefined for one that is only compiled. */
  readonly output: string | undefined;
}

const examplePattern = /^```(?:ts|js)\n([\s\S]*?)^```$(?:\n\n```text\n([\s\S]*?)^```$)?/gm;

/** Returns the examples of a page, in its order. */
function examplesOf(page: string): Example[] {
  return [...textOf(page).matchAll(examplePattern)].map(([, code = "", output], index) => ({
    name: `example-${index + 1}`,
    code,
    output,
  }));
}

for (const [page, least] of Object.entries(pages)) {
  suite(page, () => {
    const examples = examplesOf(page);
    let server: ServerProcess;
    let packed: PackedPackage;
    before(async () => {
      packed = await packPackage("rerankd-client");
      server = await startServerProcess();
    });
    after(async () => {
      await server?.stop();
      await packed?.remove();
    });

    test(`has ${least} examples and more`, () => {
      assert(examples.filter(({ output }) => output !== undefined).length >= least);
    });

    for (const { name, code, output } of examples) {
      if (output === undefined) continue;
      test(`has an ${name} that prints what is shown, with the packed client`, async () => {
        const file = join(packed.project, `${name}.mjs`);
        await writeFile(file, code.replaceAll("localhost:7998", `127.0.0.1:${server.port}`));

        const env = { ...process.env, RERANKER_URL: server.url, RERANKER_MODEL: "bundled" };
        const { stdout } = await run(process.execPath, [file], { cwd: packed.project, env });

        const lines = (text: string) => text.trim().split("\n").sort();
        assert.deepEqual(lines(stdout), lines(output));
      });
    }

    test("has examples, and the package declarations, that a strict consumer compiles", async () => {
      // Declarations are checked as well, with the types of Node and nothing else.
      const options = {
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        target: "es2022",
        lib: ["es2023"],
        module: "nodenext",
        types: ["node"],
      };
      const config = { compilerOptions: options, include: ["*.mts"] };
      await writeFile(join(packed.project, "tsconfig.json"), JSON.stringify(config));
      for (const { name, code } of examples) {
        await writeFile(join(packed.project, `${name}.mts`), code);
      }

      const { stdout } = await run(process.execPath, [compiler, "-p", packed.project]).catch(
        (error: { readonly stdout: string }) => error,
      );

      assert.equal(stdout, "");
    });
  });
}

suite("docs/client.md", () => {
  test("has the defaults of the program", () => {
    const { weightSimilarity, weightRecency, halfLifeMs } = defaultFormula;
    const halfLife = halfLifeMs.toLocaleString("en-US");
    assert(textOf("docs/client.md").includes(`| ${weightSimilarity}, ${weightRecency} |`));
    assert(textOf("docs/client.md").includes(`| ${halfLife} (30 days) |`));
  });
});
