#!/usr/bin/env node
import process from "node:process";
import { run } from "./commands/run.ts";
import { ortEnvironment } from "./inference/ort-environment.ts";

Object.assign(process.env, ortEnvironment);

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) endNow();
    stop.abort();
  });
}

// `exit` comes when nothing is left to do. The teardown of Node that would follow waits for handles
// that may never close (nodejs/node#47748); `process.exit` inside of `exit` leaves it out.
process.once("exit", () => process.exit());

process.exitCode = await run({
  argv: process.argv.slice(2),
  env: process.env,
  pid: process.pid,
  stdin: () => process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  stop: stop.signal,
  nodeVersion: process.versions.node,
  nghttp2Version: process.versions.nghttp2,
});

/**
 * Ends the process at once, whatever it does: what a second SIGTERM or SIGINT does, while the first
 * one lets the command finish. `process.exit` would first wait for the batch that the model
 * computes. The kernel does not deliver SIGKILL to the first process of a container that sends it
 * itself; there the abort ends it, with status 139.
 */
function endNow(): never {
  process.kill(process.pid, "SIGKILL");
  process.abort();
}
