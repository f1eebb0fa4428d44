/**
 * Takes one of three replicas away while callers send requests, by several faults and behind
 * several balancers, measures what 1, 2 and 4 replicas do, and writes what came of it into
 * docs/scaling.md. With arguments, runs only what has all of them in its name (`haproxy frozen`,
 * `envoy throughput`), and writes nothing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { replaceBetween } from "../../scripts/docs/markers.ts";
import { packageRoot } from "../../test/server-process.ts";
import { killChildServers } from "../process/child-server.ts";
import { frontKinds, scalableKinds } from "./balancers.ts";
import { type Replica, startReplica } from "./replica.ts";
import { scaleOutTables, throughputTable } from "./report.ts";
import { faultNames, runScenario, type ScenarioResult } from "./scenario.ts";
import { measureThroughput, type Throughput } from "./throughput.ts";

/** As many as the files in deploy/ name. */
const replicaCount = 3;
/** Longer than all scenarios take; a run that hangs ends here, in ms. */
const maxRunMs = 12 * 60_000;

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
const throughputs: Throughput[] = [];
const versions: string[] = [];
const replicas: Replica[] = [];
/** The scenarios of a front that are wanted. */
const faultsOf = (front: string) =>
  faultNames.filter((fault) => isWanted(`${front} ${fault}`.toLowerCase()));
const needsReplicas = frontKinds.some(({ name }) => faultsOf(name).length > 0);
try {
  for (let n = 0; needsReplicas && n < replicaCount; n += 1)
    replicas.push(await startReplica(packageRoot));
  for (const kind of frontKinds) {
    const version = kind.describe();
    if (version === undefined) {
      process.stderr.write(`skipped: ${kind.name} is not installed\n`);
      continue;
    }
    versions.push(version);
    for (const fault of faultsOf(kind.name)) {
      process.stderr.write(`${kind.name}: replica 1 is ${fault}\n`);
      results.push(await runScenario({ root: packageRoot, kind, replicas, fault }));
    }
  }
  // Out of the way of what is measured now.
  for (const replica of replicas.splice(0)) await replica.stop();
  for (const kind of scalableKinds) {
    if (!isWanted(`${kind.name} throughput`.toLowerCase()) || kind.describe() === undefined)
      continue;
    process.stderr.write(`${kind.name}: throughput\n`);
    throughputs.push(...(await measureThroughput(packageRoot, kind)));
  }
} finally {
  for (const replica of replicas) await replica.stop();
  clearTimeout(watchdog);
}

const parts = [
  ...(results.length > 0 ? [scaleOutTables(results)] : []),
  ...(throughputs.length > 0 ? [throughputTable(throughputs)] : []),
];
const tables = parts.join("\n\n");
process.stdout.write(`${tables}\n`);
if (wanted.length === 0) {
  const path = join(packageRoot, "docs", "scaling.md");
  const machine = `${versions.join("; ")}; node ${process.versions.node}; ${availableParallelism()} cores for all.`;
  writeFileSync(
    path,
    replaceBetween(readFileSync(path, "utf8"), "scale-out", `${tables}\n\n${machine}`),
  );
}
