import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { startTracing } from "../../src/telemetry/tracing.ts";
import { type OtlpCollector, type ReceivedSpan, startCollector } from "../fakes/otlp-collector.ts";
import { createRecordingLogger } from "../fakes/recording-logger.ts";
import { connectHttp2, postRerank, sendHttp1, sendHttp2 } from "../server/http-client.ts";
import { collectStream, createForeignClient, openStream } from "../server/rpc/grpc-js-client.ts";
import { startServer } from "../server/start-server.ts";
import { startServerProcess } from "../server-process.ts";

const rerankService = "rerank.v1.RerankService";
const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";
const traceparent = `00-${traceId}-${parentId}-01`;

/** A request of two documents. */
const body = { query: "pears", documents: ["a pear", "an apple"] };

/** A server process that sends its spans to a collector of the test. */
async function startTraced(context: TestContext, env: Readonly<Record<string, string>> = {}) {
  const collector = await startCollector(context);
  const server = await startServerProcess([`--otlp-endpoint=${collector.url}`], { env });
  context.after(() => server.stop());
  return { collector, server };
}

function childrenOf(collector: OtlpCollector, parent: ReceivedSpan): ReceivedSpan[] {
  return collector.spans
    .filter(({ parentSpanId }) => parentSpanId === parent.spanId)
    .sort((a, b) => Number(a.startNanos - b.startNanos) || Number(a.endNanos - b.endNanos));
}

/** Asserts that the stages of one ranking are there, one after the other, within their call. */
function assertStages(collector: OtlpCollector, call: ReceivedSpan): void {
  const stages = childrenOf(collector, call);
  assert.deepEqual(
    stages.map(({ name }) => name),
    ["tokenize", "queue", "infer"],
  );
  const [tokenize, queue, infer] = stages;
  assert(tokenize && queue && infer);
  assert(call.startNanos <= tokenize.startNanos && infer.endNanos <= call.endNanos);
  assert(tokenize.endNanos <= queue.startNanos && queue.endNanos === infer.startNanos);
  assert(infer.startNanos < infer.endNanos);
  assert.equal(tokenize.attributes["rerankd.documents"], 2);
  assert(Number(tokenize.attributes["rerankd.tokens"]) > 8);
  assert.equal(infer.attributes["rerankd.tokens"], tokenize.attributes["rerankd.tokens"]);
  assert.equal(infer.attributes["rerankd.pairs"], 2);
  assert.equal(infer.attributes["rerankd.batches"], 1);
  for (const stage of stages) assert.equal(stage.traceId, call.traceId);
}

suite("spans", () => {
  test("tell of HTTP/1.1 calls and their stages under the caller's span", async (context) => {
    const { collector, server } = await startTraced(context, { OTEL_SERVICE_NAME: "ranker" });

    await postRerank(server.url, body, { traceparent, tracestate: "vendor=1" });
    await server.stop();

    const call = await collector.find(({ name }) => name === "POST /rerank");
    assert.deepEqual([call.traceId, call.parentSpanId, call.kind], [traceId, parentId, 2]);
    assert.equal(call.traceState, "vendor=1");
    assert.equal(call.statusCode, 0);
    assert.equal(call.resource["service.name"], "ranker");
    assert.equal(collector.requests[0]?.path, "/v1/traces");
    const { attributes } = call;
    assert.deepEqual(
      ["http.request.method", "http.route", "http.response.status_code"].map(
        (name) => attributes[name],
      ),
      ["POST", "/rerank", 200],
    );
    assert.equal(attributes["network.protocol.version"], "1.1");
    assert.equal(attributes["url.scheme"], "http");
    assertStages(collector, call);
    assert.doesNotMatch(JSON.stringify(collector.spans.map((span) => span.attributes)), /pear/);
  });

  test("tell of plain HTTP/2 and of gRPC calls", async (context) => {
    const { collector, server } = await startTraced(context);
    const session = connectHttp2(context, server.url);
    const client = createForeignClient(context, server.port, rerankService);
    const metadata = new grpc.Metadata();
    metadata.set("traceparent", traceparent);

    await sendHttp2(session, "/rerank", {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    await new Promise((resolve, reject) => {
      client.rerank?.(body, metadata, (error: Error | null, answer: unknown) =>
        error ? reject(error) : resolve(answer),
      );
    });
    session.close();
    client.close();
    await server.stop();

    const plain = await collector.find(({ name }) => name === "POST /rerank");
    assert.equal(plain.attributes["network.protocol.version"], "2");
    assert.equal(plain.parentSpanId, "");
    assertStages(collector, plain);
    const rpc = await collector.find(({ name }) => name === `${rerankService}/Rerank`);
    assert.deepEqual([rpc.traceId, rpc.parentSpanId], [traceId, parentId]);
    assert.deepEqual(
      ["rpc.system", "rpc.service", "rpc.method", "rpc.grpc.status_code"].map(
        (name) => rpc.attributes[name],
      ),
      ["grpc", rerankService, "Rerank", 0],
    );
    assertStages(collector, rpc);
  });

  test("tell of every ranking of a stream", async (context) => {
    const { collector, server } = await startTraced(context);
    const client = createForeignClient(context, server.port, rerankService);
    const stream = openStream(client, "rerankStream");
    const ended = collectStream(stream);

    for (const id of ["a", "b", "c"]) stream.write({ id, request: body });
    stream.end();
    await ended;
    client.close();
    await server.stop();

    const call = await collector.find(({ name }) => name === `${rerankService}/RerankStream`);
    const stages = childrenOf(collector, call);
    const rankings = stages.map(({ name, attributes }) => [attributes["rerankd.ranking"], name]);
    assert.deepEqual(
      rankings.map((each) => each.join(" ")).sort(),
      [0, 1, 2].flatMap((n) => [`${n} infer`, `${n} queue`, `${n} tokenize`]),
    );
    assert.equal(call.attributes["rerankd.documents"], 6);
  });

  test("are in the log lines of their calls, and leave probes out", async (context) => {
    const { collector, server } = await startTraced(context);

    await sendHttp1(`${server.url}/health`);
    await postRerank(server.url, body, { traceparent });
    await server.stop();

    const call = await collector.find(({ kind }) => kind === 2);
    assert.equal(call.name, "POST /rerank");
    const line = server.lines.find((text) => text.includes('"msg":"request"'));
    const { trace_id, span_id } = JSON.parse(line ?? "{}");
    assert.deepEqual([trace_id, span_id], [traceId, call.spanId]);
    assert.equal(collector.spans.filter(({ kind }) => kind === 2).length, 1);
  });

  test("follow the sampler of the environment", async (context) => {
    const { collector, server } = await startTraced(context, {
      OTEL_TRACES_SAMPLER: "parentbased_always_off",
      OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=t1",
    });

    await postRerank(server.url, body);
    await postRerank(server.url, body, { traceparent });
    await server.stop();

    const call = await collector.find(({ kind }) => kind === 2);
    assert.equal(call.traceId, traceId);
    assert.equal(collector.spans.filter(({ kind }) => kind === 2).length, 1);
    assert.equal(collector.requests[0]?.headers["x-tenant"], "t1");
  });

  test("mark what failed by the server's fault, and nothing else", async (context) => {
    const collector = await startCollector(context);
    const log = createRecordingLogger();
    const tracesUrl = `${collector.url}/v1/traces`;
    const tracing = startTracing({ tracesUrl, version: "0", log });
    const { url } = await startServer(context, { telemetry: { observer: tracing.observer } });

    await postRerank(url, { ...body, query: "bug" });
    await postRerank(url, { ...body, top_n: -1 });
    await sendHttp1(`${url}/confidential`);
    await tracing.close();

    const spans = collector.spans.map(({ name, statusCode, attributes }) => [
      name,
      statusCode,
      attributes["error.type"],
    ]);
    assert.deepEqual(spans, [
      ["POST /rerank", 2, "internal"],
      ["POST /rerank", 0, "invalid_argument"],
      ["GET", 0, "not_found"],
    ]);
    assert.doesNotMatch(JSON.stringify(collector.spans.map((each) => each.attributes)), /confid/);
  });
});

suite("a collector that does not answer", () => {
  /** Well over what closing may take, well under the exporter's own time limit with retries. */
  const limitMs = 8_000;

  for (const [title, silent] of [
    ["is silent", true],
    ["is not there", false],
  ] as const) {
    test(`harms no request and holds up no shutdown when it ${title}`, async (context) => {
      const collector = silent ? await startCollector(context, { silent }) : undefined;
      // Port 1 of loopback is closed on every sane machine.
      const url = collector?.url ?? "http://127.0.0.1:1";
      const server = await startServerProcess([`--otlp-endpoint=${url}`]);
      context.after(() => server.stop());

      for (let call = 0; call < 3; call += 1) {
        assert.equal((await postRerank(server.url, body)).status, 200);
      }
      const startedMs = performance.now();
      assert.equal(await server.stop(), 0);

      assert(performance.now() - startedMs < limitMs);
      const warnings = server.lines.filter((line) => line.includes("spans could not be sent"));
      assert(warnings.length <= 1);
    });
  }

  test("is logged once in a while, with what was lost", async (context) => {
    const log = createRecordingLogger();
    const tracing = startTracing({ tracesUrl: "http://127.0.0.1:1/v1/traces", version: "0", log });
    const { url } = await startServer(context, { telemetry: { observer: tracing.observer } });

    await postRerank(url, body);
    await tracing.close();

    const { level, fields } = await log.find(({ message }) => message.startsWith("spans could"));
    assert.equal(level, "warn");
    assert.equal(fields.lost_spans, 1);
    assert.match(String(fields.reason), /ECONNREFUSED/);
  });
});
