#!/usr/bin/env node
import process from "node:process";
import { run } from "./cli/run.ts";
import { runtimeEnvironment } from "./cli/runtime-environment.ts";

Object.assign(process.env, runtimeEnvironment);

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    // The second signal means now. Leaving through `process.exit` would abort while the model
    // computes.
    if (stop.signal.aborted) process.kill(process.pid, "SIGKILL");
    stop.abort();
  });
}

process.exitCode = await run({
  argv: process.argv.slice(2),
  env: process.env,
  stdin: () => process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  stop: stop.signal,
});
