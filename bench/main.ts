#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { UsageError } from "../src/config/options/parse-options.ts";
import { killChildServers } from "./process/child-server.ts";
import { runBench } from "./run-bench.ts";
import { parseSettings, usage } from "./settings.ts";

/** The repository's folder; this file runs from dist/bench. */
const root = fileURLToPath(new URL("../..", import.meta.url));
// Before the first session: the runtime reads it once.
process.env.ORT_DISABLE_TELEMETRY = "1";
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    killChildServers();
    process.kill(process.pid, "SIGKILL");
  });
}

function readArguments(): ReturnType<typeof parseSettings> | undefined {
  try {
    return parseSettings(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exitCode = 2;
    return undefined;
  }
}

const settings = readArguments();
if (settings === "help") process.stdout.write(usage);
else if (settings !== undefined) {
  try {
    await runBench(settings, {
      root,
      print: (text) => process.stdout.write(`${text}\n`),
      log: (text) => process.stderr.write(`${text}\n`),
    });
  } catch (error) {
    const isUsage = error instanceof UsageError;
    process.stderr.write(isUsage ? `error: ${error.message}\n` : `${inspect(error)}\n`);
    process.exitCode = isUsage ? 2 : 1;
  }
}
