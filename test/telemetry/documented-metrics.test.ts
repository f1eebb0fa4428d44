import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { after, before, suite, test } from "node:test";
import { readText } from "../deploy/deploy-files.ts";
import { postRerank, sendHttp1 } from "../server/http-client.ts";
import { type ServerProcess, startServerProcess } from "../server-process.ts";
import { baseOf, parseScrape, type Scrape } from "./scrape.ts";

/** A row of the tables of metrics: names, type, labels. */
const rowPattern = /^\| (`\w+`(?:, `\w+`)*) \| (counter|gauge|histogram) \|([^|]*)\|/gm;

const ticked = /`([^`]+)`/g;

interface Documented {
  readonly type: string;
  readonly labels: readonly string[];
}

function documentedMetrics(): Map<string, Documented> {
  const documented = new Map<string, Documented>();
  for (const [, names = "", type = "", labels = ""] of readText("docs/observability.md").matchAll(
    rowPattern,
  )) {
    const list = [...labels.matchAll(ticked)].map(([, label = ""]) => label).sort();
    for (const [, name = ""] of names.matchAll(ticked)) {
      documented.set(name, { type, labels: list });
    }
  }
  return documented;
}

/** Every word of a text that looks like the name of a metric. */
function metricsNamedIn(text: string): string[] {
  const words = text.matchAll(/(?<![\w/-])(?:rerankd|nodejs|process)_[a-z0-9_]*[a-z0-9](?!\w)/g);
  return [...new Set([...words].map(([word]) => word))];
}

suite("metrics of a server", () => {
  let server: ServerProcess;
  let scrape: Scrape;
  before(async () => {
    server = await startServerProcess(["--cache-mb=1"]);
    await postRerank(server.url, { query: "q", documents: ["a", "b"] });
    await sendHttp1(`${server.url}/metrics`);
    scrape = parseScrape((await sendHttp1(`${server.url}/metrics`)).text);
  });
  after(() => server.stop());

  test("are those of the tables in docs/observability.md, with their types", () => {
    const documented = documentedMetrics();

    const types = [...documented].map(([name, { type }]) => `${name} ${type}`);
    assert.deepEqual(types.sort(), [...scrape.types].map((entry) => entry.join(" ")).sort());
  });

  test("have the labels of the tables", () => {
    const documented = documentedMetrics();

    for (const [name, labels] of scrape.labels) {
      assert.deepEqual([...labels].sort(), documented.get(name)?.labels, name);
    }
  });

  for (const path of [
    "deploy/grafana/rerankd.json",
    "deploy/prometheus/alerts.yml",
    "deploy/prometheus/alerts_test.yml",
    "deploy/kubernetes/components/scale-on-queue-age/kustomization.yaml",
    "docs/observability.md",
  ]) {
    test(`are all that ${path} names`, () => {
      const named = metricsNamedIn(readText(path));

      assert(named.length > 0);
      assert.deepEqual(
        named.filter((name) => !scrape.types.has(baseOf(name, scrape.types))),
        [],
      );
    });
  }

  test("tell of the request", () => {
    const { samples } = scrape;
    const model = `model="${server.ready.model}"`;

    assert.equal(samples.get("rerankd_ready"), 1);
    assert.equal(samples.get(`rerankd_rankings_total{${model},outcome="ok"}`), 1);
    assert.equal(samples.get(`rerankd_documents_total{${model}}`), 2);
    assert.equal(samples.get(`rerankd_batches_total{${model},outcome="ok"}`), 1);
    assert.equal(samples.get(`rerankd_batch_rows_sum{${model}}`), 2);
    assert.equal(samples.get(`rerankd_padding_tokens_total{${model}}`), 0);
    assert.equal(samples.get(`rerankd_cache_misses_total{${model}}`), 2);
    assert.equal(
      samples.get(`rerankd_batch_tokens_sum{${model}}`),
      samples.get(`rerankd_tokens_total{${model}}`),
    );
  });
});

suite("rerankd serve", () => {
  test("puts metrics on a port of their own", async () => {
    const server = await startServerProcess(["--metrics-port=0"]);
    const line = server.lines.find((text) => text.includes('"msg":"serving metrics"')) ?? "{}";
    const { metrics_port: port } = JSON.parse(line) as { metrics_port?: number };

    const own = await sendHttp1(`http://127.0.0.1:${port}/metrics`);
    const shared = await sendHttp1(`${server.url}/metrics`);
    const code = await server.stop();

    assert.deepEqual([own.status, shared.status, code], [200, 404, 0]);
    assert.equal(parseScrape(own.text).samples.get("rerankd_ready"), 1);
  });

  test("does not start, and says so, where the port of the metrics is taken", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as AddressInfo;

    await assert.rejects(startServerProcess([`--metrics-port=${port}`]), /error: .*in use/);
    holder.close();
  });

  test("has none with --metrics off", async () => {
    const server = await startServerProcess(["--metrics=off"]);

    const { status } = await sendHttp1(`${server.url}/metrics`);
    await server.stop();

    assert.equal(status, 404);
  });
});
