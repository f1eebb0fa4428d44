#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { runBench } from "./run-bench.ts";
import { parseSettings, usage } from "./settings.ts";

/** The repository's folder; this file runs from dist/bench. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const settings = parseSettings(process.argv.slice(2));
// Before the first session: the runtime reads it once.
process.env.ORT_DISABLE_TELEMETRY = "1";

if (settings === "help") {
  process.stdout.write(usage);
} else {
  await runBench(settings, {
    root,
    print: (text) => process.stdout.write(`${text}\n`),
    log: (text) => process.stderr.write(`${text}\n`),
  });
}
