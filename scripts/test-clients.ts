/**
 * Checks clients of other projects against a server of this one and writes what it finds into
 * docs/compatibility.md. Exits with 1 if a check fails. With arguments, checks only the clients
 * whose package contains one of them, and writes nothing.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startCheckedServer } from "../test/clients/checked-server.ts";
import { checks } from "../test/clients/checks.ts";
import { javascriptClients } from "../test/clients/javascript/javascript-clients.ts";
import { type PythonClients, startPythonClients } from "../test/clients/python-clients.ts";
import { type CheckName, checkNames, type RealClient } from "../test/clients/real-client.ts";
import { packageRoot } from "../test/server-process.ts";
import {
  type CheckResult,
  type ClientReport,
  compatibilityTable,
} from "./docs/compatibility-table.ts";
import { replaceBetween } from "./docs/markers.ts";
import { findPython, preparePython } from "./python-environments.ts";

/** Lists of packages; those in different lists do not go together. */
const requirementLists = ["requirements", "requirements-cohere"] as const;

const wanted = process.argv.slice(2);
const python = findPython();
if (python === undefined) {
  process.stderr.write("error: no Python 3.11 or later with venv here\n");
  process.stderr.write("hint: on Debian and Ubuntu, `apt install python3-venv`\n");
  process.exit(1);
}
const folder = join(packageRoot, ".cache", "clients");
mkdirSync(folder, { recursive: true });
const interpreters = requirementLists.map((list) =>
  preparePython(
    python,
    join(folder, list),
    join(packageRoot, "test", "clients", "python", `${list}.txt`),
  ),
);
const descriptors = join(folder, "contract.binpb");
execFileSync(join(packageRoot, "node_modules", ".bin", "buf"), ["build", "-o", descriptors], {
  cwd: packageRoot,
});

const environments: PythonClients[] = [];
for (const interpreter of interpreters) {
  environments.push(await startPythonClients({ interpreter, descriptors }));
}
const all = [...javascriptClients, ...environments.flatMap(({ clients }) => clients)];
const chosen = all.filter(
  (client) => wanted.length === 0 || wanted.some((part) => client.package.includes(part)),
);
const reports: ClientReport[] = [];
for (const client of chosen) reports.push(await reportOf(client));
for (const environment of environments) await environment.close();

if (wanted.length === 0) {
  const path = join(packageRoot, "docs", "compatibility.md");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, replaceBetween(text, "clients", compatibilityTable(reports)));
}
const failed = reports.filter(({ results }) =>
  Object.values(results).some(({ kind }) => kind === "failed"),
);
process.stdout.write(`${reports.length - failed.length} passed, ${failed.length} failed\n`);
process.exitCode = failed.length === 0 && reports.length > 0 ? 0 : 1;

/** Runs every check of a client against a server of its own. */
async function reportOf(client: RealClient): Promise<ClientReport> {
  const server = await startCheckedServer();
  const results: Partial<Record<CheckName, CheckResult>> = {};
  for (const check of checkNames) {
    const result = await resultOf(client, check, server);
    results[check] = result;
    const detail = result.kind === "passed" ? (result.note ?? "") : result.reason;
    process.stdout.write(`${client.package} ${client.name}: ${check}: ${result.kind} ${detail}\n`);
  }
  await server.process.stop();
  const routes = [...new Set(server.calls.map(({ path }) => path))];
  return { client, routes, results: results as Record<CheckName, CheckResult> };
}

async function resultOf(
  client: RealClient,
  check: CheckName,
  server: Awaited<ReturnType<typeof startCheckedServer>>,
): Promise<CheckResult> {
  const reason = client.without[check];
  if (reason !== undefined) return { kind: "left out", reason };
  try {
    return { kind: "passed", note: await checks[check](client, server) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { kind: "failed", reason: error.message };
  }
}
