import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../../bench/process/child-server.ts";
import { packageRoot } from "../server-process.ts";

/** What Prometheus' API answers a query with. */
export interface QueryAnswer {
  readonly status: "success" | "error";
  readonly error?: string;
  readonly data?: { readonly result: readonly unknown[] };
}

/** What its API tells of a rule. */
export interface RuleState {
  readonly name: string;
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
  readonly state: "inactive" | "pending" | "firing";
}

/** A Prometheus on loopback that scrapes one server every second. */
export interface PrometheusProcess {
  query(expr: string): Promise<QueryAnswer>;
  rules(): Promise<readonly RuleState[]>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** For the `skip` of a test: false if the program is on the path, else the reason. */
export function skipWithout(program: string): false | string {
  const { error } = spawnSync(program, ["--version"], { stdio: "ignore" });
  return error === undefined ? false : `no ${program} here: install Prometheus`;
}

/** Starts a Prometheus with the alerts of `deploy/prometheus`; resolves once it answers. */
export async function startPrometheus(serverPort: number): Promise<PrometheusProcess> {
  const folder = mkdtempSync(join(tmpdir(), "rerankd-prometheus-"));
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [join(packageRoot, "deploy/prometheus/alerts.yml")],
    scrape_configs: [
      { job_name: "rerankd", static_configs: [{ targets: [`127.0.0.1:${serverPort}`] }] },
    ],
  };
  // JSON is YAML.
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    "prometheus",
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { stdio: "ignore" },
  );
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(`${url}/-/ready`, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    async query(expr) {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expr)}`);
      return (await response.json()) as QueryAnswer;
    },
    async rules() {
      const response = await fetch(`${url}/api/v1/rules`);
      const { data } = (await response.json()) as {
        data: { groups: { rules: RuleState[] }[] };
      };
      return data.groups.flatMap(({ rules }) => rules);
    },
    stop,
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** Asks until it is ready, as long as the process lives. */
async function untilReady(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error("Prometheus did not start");
}

/** How often to ask whether something has come about, in milliseconds. */
export const pollMs = 200;
