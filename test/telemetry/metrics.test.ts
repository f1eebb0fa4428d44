import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.ts";
import type { ServerState } from "../../src/telemetry/state-metrics.ts";
import {
  connectHttp2,
  connectRaw,
  postRerank,
  sendHttp1,
  sendHttp2,
} from "../server/http-client.ts";
import {
  callUnary,
  collectStream,
  createForeignClient,
  openStream,
} from "../server/rpc/grpc-js-client.ts";
import { type RunningServer, type StartOptions, startServer } from "../server/start-server.ts";
import { packageRoot } from "../server-process.ts";
import { parseScrape, type Scrape } from "./scrape.ts";

const rerankService = "rerank.v1.RerankService";

const fixture = (name: string): Buffer =>
  readFileSync(join(packageRoot, "test/fixtures/tls", name));

const state: ServerState = {
  ready: true,
  degraded: false,
  version: "1.2.3",
  models: [
    {
      model: "fake-model",
      ready: true,
      device: "cpu",
      dtype: "int8",
      maxLength: 512,
      engine: {
        queue: { pairs: 3, tokens: 70, oldestMs: 1500 },
        cache: { hits: 7, misses: 5, entries: 5 },
        restarts: 2,
        workers: [
          { serving: true, heldTokens: 900, runs: 12, busyMs: 2500 },
          { serving: false, heldTokens: 0, runs: 3, busyMs: 500 },
        ],
      },
    },
  ],
};

/** The same while its model is loading. */
const loading: ServerState = {
  ...state,
  models: state.models.map((model) => ({ ...model, ready: false, engine: undefined })),
};

interface Metered extends RunningServer {
  readonly metrics: Metrics;
  /** Asks for the metrics until the condition holds; a call ends after its answer was read. */
  until(condition: (scrape: Scrape) => boolean): Promise<Scrape>;
}

/** Starts a server with metrics over a fake reranker. */
async function startMetered(
  context: TestContext,
  read: () => ServerState = () => state,
  options: Pick<StartOptions, "limits" | "tls"> = {},
): Promise<Metered> {
  const metrics = createMetrics(read);
  const telemetry = { observer: metrics.observer, metrics: metrics.text };
  const running = await startServer(context, { ...options, telemetry });
  const { rerank, rerankTogether } = running.reranker;
  Object.assign(running.reranker, metrics.meter({ rerank, rerankTogether }, "fake-model"));
  const until: Metered["until"] = async (condition) => {
    while (true) {
      const scrape = parseScrape((await metrics.text()).text);
      if (condition(scrape)) return scrape;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { ...running, metrics, until };
}

/** Returns the calls by their labels, without those of the scrapes themselves. */
function requestsOf({ samples }: Scrape): string[] {
  return [...samples]
    .filter(([series]) => series.startsWith("rerankd_requests_total"))
    .map(([series, count]) => {
      const labels = [...series.matchAll(/="([^"]*)"/g)].map(([, value]) => value);
      return `${labels.join(" ")}: ${count}`;
    })
    .sort();
}

function totalOf({ samples }: Scrape, name: string): number {
  let total = 0;
  for (const [series, count] of samples) if (series.startsWith(name)) total += count;
  return total;
}

suite("GET /metrics", () => {
  test("answers in Prometheus' text format, over both HTTP versions", async (context) => {
    const { url } = await startMetered(context);

    const http1 = await sendHttp1(`${url}/metrics`);
    const http2 = await sendHttp2(connectHttp2(context, url), "/metrics");

    for (const { status, headers, text } of [http1, http2]) {
      assert.equal(status, 200);
      assert.match(String(headers["content-type"]), /^text\/plain; version=0\.0\.4/);
      assert.equal(headers["content-length"], String(Buffer.byteLength(text)));
      assert.equal(parseScrape(text).samples.get("rerankd_ready"), 1);
    }
  });

  test("is not there unless it was asked for", async (context) => {
    const { url } = await startServer(context);

    assert.equal((await sendHttp1(`${url}/metrics`)).status, 404);
  });

  test("takes no other method", async (context) => {
    const { url } = await startMetered(context);

    const { status, headers } = await sendHttp1(`${url}/metrics`, { method: "POST" });

    assert.deepEqual([status, headers.allow], [405, "GET, HEAD"]);
  });

  test("reads the state when it is asked", async (context) => {
    let present = state;
    const { until } = await startMetered(context, () => present);

    const before = await until(() => true);
    present = { ...loading, ready: false, degraded: true };
    const after = await until(() => true);

    const names = [
      "ready",
      "degraded",
      "model_ready",
      "queue_pairs",
      "queue_tokens",
      "queue_age_seconds",
    ];
    const more = [
      "cache_hits_total",
      "cache_misses_total",
      "cache_entries",
      "worker_restarts_total",
    ];
    const read = ({ samples }: Scrape) =>
      [...names, ...more].map(
        (name) =>
          samples.get(`rerankd_${name}`) ?? samples.get(`rerankd_${name}{model="fake-model"}`),
      );
    assert.deepEqual(read(before), [1, 0, 1, 3, 70, 1.5, 7, 5, 5, 2]);
    assert.deepEqual(read(after), [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    const model = 'model="fake-model",device="cpu",dtype="int8",max_length="512"';
    assert.equal(before.samples.get(`rerankd_model_info{${model}}`), 1);
    assert.equal(before.samples.get('rerankd_build_info{version="1.2.3"}'), 1);
  });
});

suite("metrics of workers", () => {
  test("have one series for each, and none before the model is loaded", async (context) => {
    let present = state;
    const { until } = await startMetered(context, () => present);
    const names = ["up", "tokens", "batches_total", "busy_seconds_total"];
    const read = ({ samples }: Scrape) =>
      ["1", "2"].map((worker) =>
        names.map((name) =>
          samples.get(`rerankd_worker_${name}{model="fake-model",worker="${worker}"}`),
        ),
      );

    const loaded = read(await until(() => true));
    present = loading;
    const before = read(await until(() => true));

    assert.deepEqual(loaded, [
      [1, 900, 12, 2.5],
      [0, 0, 3, 0.5],
    ]);
    assert.deepEqual(before.flat(), Array(8).fill(undefined));
  });
});

suite("metrics of calls", () => {
  test("tell protocol, route, code and status of every call", async (context) => {
    const { url, port, until } = await startMetered(context);
    const client = createForeignClient(context, port, rerankService);
    const body = { query: "q", documents: ["a", "b"] };

    await postRerank(url, body);
    await postRerank(url, { ...body, top_n: -1 });
    await postRerank(url, { ...body, query: "busy" });
    await sendHttp1(`${url}/v1/models/fake-model`);
    await sendHttp1(`${url}/health`);
    await callUnary(client, "rerank", body);
    await callUnary(client, "rerank", { ...body, query: "loading" }).catch(() => undefined);
    const rpcUrl = `${url}/${rerankService}/Rerank`;
    const json = { "content-type": "application/json" };
    await sendHttp1(rpcUrl, { headers: json, body: JSON.stringify(body) });
    await sendHttp1(rpcUrl, { headers: json, body: "[" });
    await sendHttp1(rpcUrl, {
      headers: { "content-type": "application/grpc-web+proto" },
      body: new Uint8Array(5),
    });
    const scrape = await until((each) => totalOf(each, "rerankd_requests_total") === 10);

    const rpc = `/${rerankService}/Rerank`;
    assert.deepEqual(requestsOf(scrape), [
      `connect ${rpc} invalid_argument 400: 1`,
      `connect ${rpc} ok 200: 1`,
      `grpc ${rpc} ok 200: 1`,
      `grpc ${rpc} unavailable 200: 1`,
      `grpc_web ${rpc} invalid_argument 200: 1`,
      "http /health ok 200: 1",
      "http /rerank invalid_argument 422: 1",
      "http /rerank ok 200: 1",
      "http /rerank resource_exhausted 429: 1",
      "http /v1/models/{id} ok 200: 1",
    ]);
    assert.equal(
      scrape.samples.get(`rerankd_request_duration_seconds_count{protocol="grpc",route="${rpc}"}`),
      2,
    );
    assert.equal(scrape.samples.get("rerankd_requests_in_flight"), 0);
  });

  test("have as many series as there are routes, whatever is asked for", async (context) => {
    const { url, port, until } = await startMetered(context);
    const client = createForeignClient(context, port, rerankService);

    for (let path = 0; path < 20; path += 1) {
      await sendHttp1(`${url}/secret-${path}`);
      await sendHttp1(`${url}/v1/models/secret-${path}`);
    }
    await sendHttp1(`${url}/rerank`);
    await sendHttp1(`${url}/rerank`, { headers: { "content-type": "text/plain" }, body: "x" });
    await sendHttp1(`${url}/grpc.none.Secret/Call`, {
      headers: { "content-type": "application/grpc" },
      body: "",
    });
    await callUnary(client, "health", {});
    const scrape = await until((each) => totalOf(each, "rerankd_requests_total") === 44);

    assert.deepEqual(requestsOf(scrape), [
      "grpc /rerank.v1.RerankService/Health ok 200: 1",
      "grpc other unimplemented 200: 1",
      "http /rerank invalid_argument 405: 1",
      "http /rerank invalid_argument 415: 1",
      "http /v1/models/{id} not_found 404: 20",
      "http other not_found 404: 20",
    ]);
    assert.doesNotMatch([...scrape.samples.keys()].join("\n"), /[Ss]ecret/);
  });

  test("count rankings, and not calls, by how they ended", async (context) => {
    const { url, port, reranker, until } = await startMetered(context);
    const client = createForeignClient(context, port, rerankService);
    const stream = openStream(client, "rerankStream");
    const ended = collectStream(stream);

    for (const id of ["a", "b", "c"]) {
      stream.write({ id, request: { query: "q", documents: ["a", "b"] } });
    }
    stream.write({ id: "d", request: { query: "busy", documents: ["a"] } });
    stream.end();
    await ended;
    await postRerank(url, { query: "bug", documents: ["a"] });
    await postRerank(url, { query: "q", documents: ["a"], top_n: -1, model: "other" });
    const expired = postRerank(
      url,
      { query: "hold", documents: ["a"] },
      { "x-request-timeout-ms": "1" },
    );
    await reranker.until(() => reranker.held.length === 1 || reranker.aborted.length > 0);
    reranker.releaseAll();
    await expired;

    const scrape = await until((each) => totalOf(each, "rerankd_rankings_total") >= 6);
    const of = (outcome: string) =>
      scrape.samples.get(`rerankd_rankings_total{model="fake-model",outcome="${outcome}"}`);
    assert((of("ok") ?? 0) >= 3);
    assert.deepEqual([of("refused"), of("failed"), of("cancelled")], [1, 1, 0]);
    assert.equal(
      scrape.samples.get('rerankd_ranking_documents_count{model="fake-model"}'),
      of("ok"),
    );
    assert.equal(
      scrape.samples.get('rerankd_stage_duration_seconds_count{model="fake-model",stage="queue"}'),
      of("ok"),
    );
    assert((scrape.samples.get('rerankd_documents_total{model="fake-model"}') ?? 0) >= 6);
  });

  test("tell of connections, and of those that never became a call", async (context) => {
    const { url, port, until } = await startMetered(context);
    const session = connectHttp2(context, url);
    await sendHttp2(session, "/health");
    const raw = await connectRaw(context, port);
    raw.socket.write("NONSENSE\r\n\r\n");
    await raw.closed;
    const long = await connectRaw(context, port);
    long.socket.write(`GET / HTTP/1.1\r\nx: ${"x".repeat(20_000)}\r\n\r\n`);
    await long.closed;
    const broken = await connectRaw(context, port);
    broken.socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame of HTTP/2 at all");
    await broken.closed;

    const of = ({ samples }: Scrape, reason: string) =>
      samples.get(`rerankd_connection_faults_total{reason="${reason}"}`);
    const scrape = await until((each) => of(each, "http2_session") === 1);
    assert.equal(of(scrape, "malformed_http1"), 1);
    assert.equal(of(scrape, "http1_headers_too_large"), 1);
    assert.equal(of(scrape, "silent"), 0);
    await until(({ samples }) => samples.get('rerankd_connections{protocol="http2"}') === 1);
    assert.equal(scrape.samples.get('rerankd_connections_total{protocol="http1"}'), 2);
    session.close();
    await until(({ samples }) => samples.get('rerankd_connections{protocol="http2"}') === 0);
  });
});

suite("metrics of connections that show nothing", () => {
  const faultsOf = ({ samples }: Scrape, reason: string) =>
    samples.get(`rerankd_connection_faults_total{reason="${reason}"}`);

  test("count the silent ones, and not those that leave by themselves", async (context) => {
    const limits = { undecidedTimeoutMs: 100 };
    const { port, until } = await startMetered(context, () => state, { limits });
    const gone = await connectRaw(context, port);
    gone.socket.end();
    await gone.closed;
    const silent = await connectRaw(context, port);
    await silent.closed;

    await until((scrape) => faultsOf(scrape, "silent") === 1);
  });

  test("count failed handshakes of TLS", async (context) => {
    const tls = { cert: fixture("cert.pem"), key: fixture("key.pem") };
    const { port, until } = await startMetered(context, () => state, { tls });
    const plain = await connectRaw(context, port);
    plain.socket.write("GET / HTTP/1.1\r\n\r\n");
    await plain.closed;

    await until((scrape) => faultsOf(scrape, "tls_handshake") === 1);
  });
});

suite("metrics of runs", () => {
  test("count pairs, tokens, padding and failures", async () => {
    const metrics = createMetrics(() => state);

    const onBatch = metrics.batchesOf("m");
    onBatch({ rows: 4, tokens: 90, paddingTokens: 10, ranMs: 20, failed: false });
    onBatch({ rows: 1, tokens: 30, paddingTokens: 0, ranMs: 5, failed: true });
    const { samples } = parseScrape((await metrics.text()).text);

    assert.equal(samples.get('rerankd_batches_total{model="m",outcome="ok"}'), 1);
    assert.equal(samples.get('rerankd_batches_total{model="m",outcome="failed"}'), 1);
    assert.equal(samples.get('rerankd_batch_rows_sum{model="m"}'), 5);
    assert.equal(samples.get('rerankd_batch_tokens_sum{model="m"}'), 120);
    assert.equal(samples.get('rerankd_padding_tokens_total{model="m"}'), 10);
    assert.equal(samples.get('rerankd_batch_duration_seconds_count{model="m"}'), 2);
  });
});
