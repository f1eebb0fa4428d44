/**
 * Takes one of three replicas away while callers send requests, by several faults and behind
 * several balancers, and writes what the callers saw into docs/scaling.md. With arguments, runs
 * only the scenarios whose name contains all of them (`haproxy frozen`), and writes nothing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { replaceBetween } from "../../scripts/markers.ts";
import { packageRoot } from "../../test/server-process.ts";
import { killChildServers } from "../child-server.ts";
import { frontKinds } from "./balancers.ts";
import { type Replica, startReplica } from "./replica.ts";
import { scaleOutTables } from "./report.ts";
import { faultNames, runScenario, type ScenarioResult } from "./scenario.ts";

/** As many as the files in deploy/ name. */
const replicaCount = 3;
/** Longer than all scenarios take; a run that hangs ends here, in ms. */
const maxRunMs = 6 * 60_000;

const wanted = process.argv.slice(2).map((word) => word.toLowerCase());
const isWanted = (name: string): boolean => wanted.every((word) => name.includes(word));
const watchdog = setTimeout(() => {
  killChildServers();
  throw new Error(`the scenarios took longer than ${maxRunMs} ms`);
}, maxRunMs);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    killChildServers();
    process.exit(1);
  });
}

const results: ScenarioResult[] = [];
const versions: string[] = [];
const replicas: Replica[] = [];
try {
  for (let n = 0; n < replicaCount; n += 1) replicas.push(await startReplica(packageRoot));
  for (const kind of frontKinds) {
    const version = kind.describe();
    if (version === undefined) {
      process.stderr.write(`skipped: ${kind.name} is not installed\n`);
      continue;
    }
    versions.push(version);
    for (const fault of faultNames) {
      if (!isWanted(`${kind.name} ${fault}`.toLowerCase())) continue;
      process.stderr.write(`${kind.name}: replica 1 is ${fault}\n`);
      results.push(await runScenario({ root: packageRoot, kind, replicas, fault }));
    }
  }
} finally {
  for (const replica of replicas) await replica.stop();
  clearTimeout(watchdog);
}

const tables = scaleOutTables(results);
process.stdout.write(`${tables}\n`);
if (wanted.length === 0) {
  const path = join(packageRoot, "docs", "scaling.md");
  const machine = `${versions.join("; ")}; node ${process.versions.node}; ${availableParallelism()} cores for all.`;
  writeFileSync(
    path,
    replaceBetween(readFileSync(path, "utf8"), "scale-out", `${tables}\n\n${machine}`),
  );
}
