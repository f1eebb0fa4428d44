import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { packageRoot, type ServerProcess, startServerProcess } from "../server-process.ts";
import { interopTool, runTool } from "./tools.ts";

const typescriptGenerator = interopTool("openapi-npm/node_modules/.bin/openapi-typescript");
const pythonGenerator = interopTool("openapi-python/bin/openapi-python-client");

/** Where the programs stand that use the generated clients. */
const sources = join(packageRoot, "test", "interop", "openapi");

/** What both programs print. */
const expected = {
  best: 1,
  passage: 11,
  listed: 1,
  scores: 2,
  model: "rerankd-multilingual-v1",
  refused: "`query` must not be empty",
};

suite("a client that is generated from /openapi.json", () => {
  let server: ServerProcess;
  before(async () => {
    server = await startServerProcess([]);
  });
  after(() => server?.stop());

  /** Saves the server's description in a new folder, within one whose packages are found. */
  async function describe(within: string): Promise<{ folder: string; document: string }> {
    const folder = await mkdtemp(join(packageRoot, ".cache", "interop", within, "client-"));
    const document = join(folder, "openapi.json");
    const answer = await fetch(`${server.url}/openapi.json`);
    await writeFile(document, await answer.text());
    return { folder, document };
  }

  test("by openapi-typescript compiles and ranks", {
    skip: typescriptGenerator.skip,
  }, async (context) => {
    const { folder, document } = await describe("openapi-npm");
    context.after(() => rm(folder, { recursive: true, force: true }));

    const types = join(folder, "api.d.ts");
    const generated = await runTool(typescriptGenerator.path, document, "--output", types);
    assert.equal(generated.code, 0, generated.stderr);
    await copyFile(join(sources, "consumer.ts.txt"), join(folder, "consumer.ts"));
    const options = {
      ...{ target: "es2023", module: "nodenext", strict: true, skipLibCheck: true },
      ...{ types: ["node"], exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    };
    const typeRoots = [join(packageRoot, "node_modules", "@types")];
    const config = { compilerOptions: { ...options, typeRoots }, files: ["consumer.ts"] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(packageRoot, "node_modules", ".bin", "tsc");
    const compiled = await runTool(tsc, "--project", folder);
    assert.equal(compiled.code, 0, compiled.stdout);

    const ran = await runTool(process.execPath, join(folder, "consumer.js"), server.url);
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(JSON.parse(ran.stdout), { ...expected, wrong: "q" });
  });

  test("by openapi-python-client is imported and ranks", {
    skip: pythonGenerator.skip,
  }, async (context) => {
    const { folder, document } = await describe("openapi-python");
    context.after(() => rm(folder, { recursive: true, force: true }));

    const target = join(folder, "generated");
    const generated = await runTool(
      pythonGenerator.path,
      ...["generate", "--path", document, "--output-path", target, "--meta", "none"],
    );
    assert.equal(generated.code, 0, generated.stderr);
    await copyFile(join(sources, "consumer.py"), join(folder, "consumer.py"));
    const python = join(packageRoot, ".cache", "interop", "openapi-python", "bin", "python");
    // Python looks for modules beside the program.
    const ran = await runTool(python, join(folder, "consumer.py"), server.url);
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(JSON.parse(ran.stdout), expected);
  });
});
