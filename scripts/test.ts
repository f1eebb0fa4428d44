/**
 * Runs the compiled tests, or those whose path contains one of the arguments; `--without=WORD` leaves
 * out those whose path contains the word. A file that takes longer than ten minutes, or than
 * `--minutes-per-file=N`, fails. At the end it says which tests were skipped and why. Exits with 1 if
 * one fails.
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type SkippedTest, skippedReport } from "./skipped-report.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    without: { type: "string", multiple: true, default: [] },
    // The slowest files of the whole suite take two minutes on two busy cores. One that hangs fails instead.
    "minutes-per-file": { type: "string", default: "10" },
  },
});
const unwanted = values.without;
const longestFileMs = Number(values["minutes-per-file"]) * 60_000;
const files = ["test", join("client", "test")]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) =>
      join(folder, path),
    ),
  )
  .filter((path) => path.endsWith(".test.js"))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .filter((path) => !unwanted.some((part) => path.includes(part)))
  .map((path) => join(root, path))
  .sort();
if (files.length === 0) throw new Error(`no test matches: ${wanted.join(" ")}`);

const skipped: SkippedTest[] = [];
const events = run({ files, concurrency: availableParallelism(), timeout: longestFileMs });
events.on("test:pass", ({ name, file, skip }) => {
  if (skip === undefined) return;
  const reason = typeof skip === "string" && skip !== "" ? skip : undefined;
  skipped.push({ file: file === undefined ? "" : relative(root, file), name, reason });
});
events.on("test:fail", () => {
  process.exitCode = 1;
});
const report = events.compose(new spec());
// After the summary, which the reporter writes when the tests have ended.
report.on("end", () => process.stdout.write(skippedReport(skipped)));
report.pipe(process.stdout);
