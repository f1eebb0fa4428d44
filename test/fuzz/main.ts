/**
 * Fuzzes the server over the wire: `node dist/test/fuzz/main.js --inputs 1000000 --seed 1`. Prints
 * one line of JSON; ends with 1 where an input ended as none may. `--from` begins at a later input.
 * `--report FILE` runs nothing: it puts the figures of the lines in a file into docs/fuzzing.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { replaceBetween } from "../../scripts/docs/markers.ts";
import { figuresTable, type RunLine } from "./figures-table.ts";
import { runInputs } from "./wire/run-inputs.ts";
import { verdictOf } from "./wire/verdict.ts";

/** Inputs between two lines that tell of progress. */
const progressEvery = 50_000;

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    report: { type: "string" },
  },
});

if (values.report === undefined) await run();
else report(values.report);

async function run(): Promise<void> {
  const options = {
    inputs: wholeNumber("inputs"),
    seed: wholeNumber("seed"),
    from: wholeNumber("from"),
  };
  const figures = await runInputs({
    ...options,
    onProgress: (done) => {
      if (done % progressEvery === 0) process.stderr.write(`${done} of ${options.inputs}\n`);
    },
  });
  const line: RunLine = { ...options, ...figures, problems: verdictOf(figures) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  process.exitCode = line.problems.length === 0 ? 0 : 1;
}

function report(file: string): void {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const path = fileURLToPath(new URL("../../../docs/fuzzing.md", import.meta.url));
  const table = figuresTable(lines.map((line) => JSON.parse(line) as RunLine));
  writeFileSync(path, replaceBetween(readFileSync(path, "utf8"), "fuzz", table));
}

function wholeNumber(name: "inputs" | "seed" | "from"): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} must be a whole number of 0 or more, got: \`${values[name]}\``);
}
