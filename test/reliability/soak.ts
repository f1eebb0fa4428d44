#!/usr/bin/env node
/**
 * Lets good and bad clients call a real server for a while and crashes its worker every minute; see
 * docs/reliability.md. `--minutes 30` is how long, `--write` puts the figures into the document.
 */
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { replaceBetween } from "../../scripts/docs/markers.ts";
import { createBadActs } from "./bad-traffic.ts";
import { createCallers } from "./callers.ts";
import { smallQuestion } from "./load.ts";
import { startRealServer } from "./real-server.ts";
import type { CrashKind } from "./saboteur-protocol.ts";
import { judge, linesOf, type SoakSample } from "./soak-report.ts";
import { createTally } from "./tally.ts";

/** This file runs from dist/test/reliability. */
const documentPath = fileURLToPath(new URL("../../../docs/reliability.md", import.meta.url));

/** A moderate rate: about a third of one core, clients included. */
const actPauseMs = 60;
const sampleMs = 10_000;
/** The crash comes halfway between two samples. */
const crashMs = 60_000;
const firstCrashMs = 25_000;
/** Silence before a sample, in which calls and connections under way come to their end. */
const settleMs = 1500;

/** Limits that the bad clients reach within the run. */
const args = ["--max-body-bytes=1000000", "--request-timeout-ms=5000", "--headers-timeout-ms=3000"];

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    write: { type: "boolean", default: false },
  },
});
const totalMs = Number(values.minutes) * 60_000;
if (!(totalMs > 0)) throw new Error(`--minutes must be a number above 0, got: ${values.minutes}`);

/** As in the files under deploy/: more arenas keep what threads that ended had freed. */
const env = { MALLOC_ARENA_MAX: "2" };

const server = await startRealServer({ args, env });
const callers = createCallers(server.port);
const goodActs = callers.map((caller) => async () => {
  const { outcome, reason } = await caller.call(smallQuestion);
  tally.add(outcome, reason);
  if (outcome === "lost") process.stderr.write(`lost: ${caller.protocol}: ${reason}\n`);
});
const tally = createTally();
const acts = createBadActs(server.url).flatMap((bad, index) => [
  bad,
  goodActs[index % goodActs.length] ?? bad,
  goodActs[(index + 1) % goodActs.length] ?? bad,
]);
const crashKinds: readonly CrashKind[] = ["exit", "throw", "abort", "oom"];
const samples: SoakSample[] = [];
const open = new Set<Promise<void>>();
const startMs = performance.now();
let nextSampleMs = sampleMs;
let nextCrashMs = firstCrashMs;
let crashes = 0;
let count = 0;
for (let pastMs = 0; pastMs < totalMs; pastMs = performance.now() - startMs) {
  const act = acts[count % acts.length];
  count += 1;
  const done = act?.().finally(() => open.delete(done as Promise<void>));
  if (done !== undefined) open.add(done);
  await wait(actPauseMs);
  if (pastMs >= nextSampleMs) {
    nextSampleMs += sampleMs;
    await Promise.all(open);
    await wait(settleMs);
    const sample = { minutes: pastMs / 60_000, ...(await server.sample()) };
    samples.push(sample);
    process.stderr.write(`${JSON.stringify(sample)}\n`);
  }
  if (pastMs >= nextCrashMs && totalMs - pastMs > sampleMs) {
    nextCrashMs += crashMs;
    const how = crashKinds[crashes % crashKinds.length] ?? "exit";
    crashes += 1;
    void server.crashWorker(how);
  }
}
await Promise.all(open);
const status = await server.end();
for (const caller of callers) caller.close();
const verdict = judge({
  minutes: Number(values.minutes),
  acts: count,
  crashes,
  status,
  tally,
  samples,
});
process.stdout.write(`${JSON.stringify(verdict)}\n`);
const lines = linesOf(verdict).join("\n");
process.stdout.write(`${lines}\n`);
if (values.write) {
  const text = await readFile(documentPath, "utf8");
  await writeFile(documentPath, replaceBetween(text, "soak", lines));
}
// The connections of Connect's clients are left: they have no close.
process.exit(verdict.passed ? 0 : 1);
