#!/usr/bin/env node
/**
 * Applies everything in deploy/ that is for Kubernetes to a real API server on loopback, and asks it
 * what it stored. `scripts/setup-deploy.sh` and `scripts/setup-cluster.sh`
 * install what it needs. `--crds FOLDER` (repeatable) names
 * further custom resource definitions, for example KServe's. Exits with 1 if an object was refused or
 * changed, and if a set could not be tried, unless `--allow-missing` says that it may.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../server-process.ts";
import { startApiServer } from "./api-server.ts";
import {
  checkSet,
  createPriorityClasses,
  installDefinitions,
  type SetResult,
} from "./check-set.ts";
import type { KubeObject } from "./cluster-client.ts";
import { makeManifestSets, parseObjects, readFolder } from "./manifest-sets.ts";

const { values } = parseArgs({
  options: {
    crds: { type: "string", multiple: true, default: [] },
    "allow-missing": { type: "boolean", default: false },
  },
});

const bin = join(packageRoot, ".cache/cluster/bin");
const tools = join(packageRoot, ".cache/deploy/bin");

/** Returns the path of a program: in one of the folders, else by its name where it is installed. */
function find(name: string, args: readonly string[] = ["version"]): string | undefined {
  const built = [bin, tools].map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (built !== undefined) return built;
  return spawnSync(name, args, { stdio: "ignore" }).error === undefined ? name : undefined;
}

/** Returns the definitions in a folder's YAML files. Throws an error that names the folder. */
function readDefinitions(folder: string): KubeObject[] {
  try {
    return parseObjects(readFolder(folder));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `--crds must be a folder of YAML files (those of a Helm chart as \`helm template\` renders them), got: ${folder}: ${text}`,
    );
  }
}

const installed = join(packageRoot, ".cache/deploy/crds");
const definitions = [...(existsSync(installed) ? [installed] : []), ...values.crds].flatMap(
  readDefinitions,
);

const etcd = find("etcd", ["--version"]);
const kubeApiServer = find("kube-apiserver", ["--version"]);
if (etcd === undefined || kubeApiServer === undefined) {
  throw new Error("no etcd or no kube-apiserver here: run scripts/setup-cluster.sh");
}
const kustomize = find("kustomize");
const kubectl = find("kubectl", ["version", "--client"]);
const kustomizeCommands = [kustomize && [kustomize, "build"], kubectl && [kubectl, "kustomize"]];
const kustomizeCommand = kustomizeCommands.find((command) => typeof command === "object");

const results: SetResult[] = [];
const server = await startApiServer({ etcd, kubeApiServer });
try {
  await installDefinitions(server.client, definitions);
  const makers = { helm: find("helm"), kustomize: kustomizeCommand };
  const sets = makeManifestSets(packageRoot, makers);
  await createPriorityClasses(server.client, sets);
  for (const set of sets) {
    results.push(await checkSet(server.client, set));
  }
} finally {
  await server.stop();
}

for (const { name, stored, pods, faults, notTried } of results) {
  if (notTried === undefined) {
    const verdict = faults.length === 0 ? "ok      " : "FAILED  ";
    process.stdout.write(`${verdict} ${name}: ${stored} objects stored, ${pods} pods admitted\n`);
    for (const fault of faults) process.stdout.write(`           ${fault}\n`);
  } else {
    process.stdout.write(`not tried ${name}: ${notTried}\n`);
  }
}
const failed = results.some(({ faults }) => faults.length > 0);
const missing = results.some(({ notTried }) => notTried !== undefined);
process.exitCode = failed || (missing && !values["allow-missing"]) ? 1 : 0;
