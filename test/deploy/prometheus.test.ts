import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { postRerank, sendHttp1 } from "../server/http-client.ts";
import { packageRoot, type ServerProcess, startServerProcess } from "../server-process.ts";
import { dashboardQueries, readAlerts } from "./dashboard.ts";
import {
  type PrometheusProcess,
  pollMs,
  skipWithout,
  startPrometheus,
} from "./prometheus-process.ts";

const folder = join(packageRoot, "deploy/prometheus");

/** Longest wait for two scrapes and what comes of them, in milliseconds. */
const waitMs = 90_000;

function promtool(args: readonly string[], input = "") {
  return spawnSync("promtool", args, { cwd: folder, encoding: "utf8", input });
}

suite("promtool", { skip: skipWithout("promtool") }, () => {
  for (const args of [
    ["check", "config", "prometheus.yml"],
    ["check", "rules", "alerts.yml"],
    ["test", "rules", "alerts_test.yml"],
  ]) {
    test(`finds no fault: ${args.join(" ")}`, () => {
      const { status, stdout, stderr } = promtool(args);

      assert.equal(status, 0, `${stdout}${stderr}`);
    });
  }

  test("finds no fault in the metrics of the server's own", async () => {
    const server = await startServerProcess();
    await postRerank(server.url, { query: "q", documents: ["a"] });
    const { text } = await sendHttp1(`${server.url}/metrics`);
    await server.stop();

    const { stdout, stderr } = promtool(["check", "metrics"], text);

    const faults = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("rerankd_"));
    assert.deepEqual(faults, []);
  });
});

suite("Prometheus", { skip: skipWithout("prometheus") }, () => {
  let server: ServerProcess;
  let prometheus: PrometheusProcess;
  before(async () => {
    server = await startServerProcess(["--cache-mb=1"]);
    prometheus = await startPrometheus(server.port);
  });
  after(async () => {
    await prometheus?.stop();
    await server?.stop();
  });

  /** Rankings that are answered, one again from the cache, and one that is not answered. */
  async function sendTraffic(round: number): Promise<void> {
    const body = { query: `round ${round}`, documents: ["a pear", "an apple", "a plum"] };
    await postRerank(server.url, body);
    await postRerank(server.url, body);
    await postRerank(server.url, { ...body, top_n: -1 });
  }

  test("has data for every query of the dashboard", async () => {
    let missing = dashboardQueries("15s");
    const endMs = performance.now() + waitMs;
    for (let round = 0; missing.length > 0 && performance.now() < endMs; round += 1) {
      await sendTraffic(round);
      const left: string[] = [];
      for (const expr of missing) {
        const { status, error, data } = await prometheus.query(expr);
        assert.equal(status, "success", `${expr}: ${error}`);
        if (data?.result.length === 0) left.push(expr);
      }
      missing = left;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }

    assert.deepEqual(missing, []);
  });

  test("evaluates every alert, and none fires", async () => {
    const endMs = performance.now() + waitMs;
    let rules = await prometheus.rules();
    while (rules.some(({ health }) => health === "unknown") && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, pollMs));
      rules = await prometheus.rules();
    }

    assert.deepEqual(
      rules.map(({ name, health, lastError }) => [name, health, lastError]),
      readAlerts().map(({ alert }) => [alert, "ok", undefined]),
    );
    assert.deepEqual(
      rules.filter(({ state }) => state === "firing"),
      [],
    );
  });
});
