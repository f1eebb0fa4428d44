import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import { packageRoot, type ServerProcess, startServerProcess } from "../../test/server-process.ts";
import { defaultFormula } from "../src/fallback/fallback-score.ts";

const run = promisify(execFile);
const page = readFileSync(join(packageRoot, "docs", "client.md"), "utf8");
const compiler = join(packageRoot, "node_modules", "typescript", "bin", "tsc");

/** The examples, each with the output that the page shows below it. */
const examples = [...page.matchAll(/^```ts\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/gm)].map(
  ([, code = "", output = ""], index) => ({ name: `example ${index + 1}`, code, output }),
);

/** Where `rerankd-client` lies once it is built, seen from a folder in dist. */
const builtClient = "../client/src/index.js";

suite("docs/client.md", () => {
  let server: ServerProcess;
  let folder: string;
  before(async () => {
    server = await startServerProcess();
    folder = await mkdtemp(join(packageRoot, "dist", "client-docs-"));
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  test("has three examples", () => {
    assert.equal(examples.length, 3);
  });

  for (const { name, code, output } of examples) {
    test(`has an ${name} that prints what is shown`, async () => {
      const file = join(folder, `${name.replace(" ", "-")}.mjs`);
      const here = code
        .replaceAll("rerankd-client", builtClient)
        .replaceAll("localhost:7998", `127.0.0.1:${server.port}`);
      await writeFile(file, here);

      const env = { ...process.env, RERANKER_URL: server.url, RERANKER_MODEL: "bundled" };
      const { stdout } = await run(process.execPath, [file], { env });

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
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    for (const { name, code } of examples) {
      const here = code.replaceAll("rerankd-client", builtClient);
      await writeFile(join(folder, `${name.replace(" ", "-")}.mts`), here);
    }

    const { stdout } = await run(process.execPath, [compiler, "-p", folder]).catch(
      (error: { readonly stdout: string }) => error,
    );

    assert.equal(stdout, "");
  });

  test("has the defaults of the program", () => {
    const { weightSimilarity, weightRecency, halfLifeMs } = defaultFormula;
    const halfLife = halfLifeMs.toLocaleString("en-US");
    assert(page.includes(`| ${weightSimilarity}, ${weightRecency} |`));
    assert(page.includes(`| ${halfLife} (30 days) |`));
  });
});
