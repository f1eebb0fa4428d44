import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, suite, test } from "node:test";
import { promisify } from "node:util";
import { optionsTable } from "../src/config/help.ts";
import { interopTool } from "./interop/tools.ts";
import { packageRoot, type ServerProcess, startServerProcess } from "./server-process.ts";

const run = promisify(execFile);
const readme = readFileSync(join(packageRoot, "README.md"), "utf8");

/** Code blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code]) =>
    name === language ? (code ?? "") : [],
  );
}

/** The commands of the console blocks, each with the output that the README shows. */
const commands = blocks("console").flatMap((block) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf("\n");
      return { command: text.slice(0, end), output: text.slice(end + 1).trim() };
    }),
);

/** How far a score may differ: int8 arithmetic is not the same on every processor. */
const scoreTolerance = 0.05;

/** Fields of an answer that are new in every answer. */
const freshFields: ReadonlySet<string> = new Set(["id", "created"]);

/** Compares JSON: same shape and values, numbers within the tolerance, fresh fields by type. */
function assertAlike(actual: unknown, expected: unknown): void {
  if (typeof expected === "number" && !Number.isInteger(expected)) {
    assert(typeof actual === "number" && Math.abs(actual - expected) <= scoreTolerance);
  } else if (typeof expected === "object" && expected !== null) {
    assert(typeof actual === "object" && actual !== null);
    assert.deepEqual(Object.keys(actual), Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) {
      const found: unknown = (actual as Record<string, unknown>)[key];
      if (freshFields.has(key)) assert.equal(typeof found, typeof value);
      else assertAlike(found, value);
    }
  } else assert.equal(actual, expected);
}

suite("the README", () => {
  let server: ServerProcess;
  before(async () => {
    server = await startServerProcess();
  });
  after(async () => {
    await server.stop();
  });

  const grpcurl = interopTool("bin/grpcurl");

  for (const { command, output } of commands) {
    const skip = command.startsWith("grpcurl") && grpcurl.skip;
    test(`shows what \`${command.slice(0, 60)}\` prints`, { skip }, async () => {
      const here = command.replaceAll("localhost:7998", `127.0.0.1:${server.port}`);
      const path = `${dirname(grpcurl.path)}:${process.env.PATH}`;
      const { stdout } = await run("sh", ["-c", here], { env: { ...process.env, PATH: path } });

      if (output.startsWith("{")) assertAlike(JSON.parse(stdout), JSON.parse(output));
      else assert.equal(stdout.trim(), output);
    });
  }

  test("has a TypeScript client that prints what is shown", async () => {
    const [code] = blocks("ts");
    const [expected] = blocks("text");
    assert(code && expected);
    const file = join(packageRoot, "dist", "readme-client.mjs");
    await writeFile(file, code.replaceAll("localhost:7998", `127.0.0.1:${server.port}`));

    const { stdout } = await run(process.execPath, [file]);

    await rm(file);
    const lines = (text: string) => text.trim().split("\n").sort();
    assert.deepEqual(lines(stdout), lines(expected));
  });

  test("has the options table of the program, as docs/cli.md has those of its commands", () => {
    const commands = readFileSync(join(packageRoot, "docs", "cli.md"), "utf8");
    assert(readme.includes(optionsTable()), "run `npm run readme`");
    for (const command of ["pull", "rank", "health", "eval"] as const) {
      assert(commands.includes(optionsTable(command)), "run `npm run readme`");
    }
  });
});
