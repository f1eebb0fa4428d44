import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { serveConfig, serveProblems } from "./parsed.ts";

suite("the telemetry's options", () => {
  test("are metrics on the port of all protocols, and no spans, by default", () => {
    const { metrics, metricsPort, tracesUrl, logLevel } = serveConfig([]);

    assert.deepEqual(
      [metrics, metricsPort, tracesUrl, logLevel],
      [true, undefined, undefined, "info"],
    );
  });

  test("turn metrics off, or put them on a port of their own", () => {
    assert.equal(serveConfig(["--metrics=off"]).metrics, false);
    assert.equal(serveConfig([], { RERANKER_METRICS_PORT: "9464" }).metricsPort, 9464);
  });

  test("refuse the port of all protocols for metrics", () => {
    const both = ["--port=9464", "--metrics-port=9464"];

    assert.deepEqual(serveProblems(both), [
      "--metrics-port must be another port than --port, got: 9464 for both",
    ]);
    assert.equal(serveConfig([...both, "--unix-socket=/s"]).metricsPort, 9464);
    assert.equal(serveConfig(["--port=0", "--metrics-port=0"]).metricsPort, 0);
  });

  test("append the path of spans to a collector's address, and not to a whole one", () => {
    const base = "http://collector:4318";
    const whole = "https://spans.example/in";

    for (const url of [base, `${base}/`]) {
      assert.equal(serveConfig([`--otlp-endpoint=${url}`]).tracesUrl, `${base}/v1/traces`);
    }
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `${base}/prefix` };
    assert.equal(serveConfig([], env).tracesUrl, `${base}/prefix/v1/traces`);
    const both = { ...env, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole };
    assert.equal(serveConfig([], both).tracesUrl, whole);
  });

  test("follow OpenTelemetry's switches", () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

    assert.equal(serveConfig([], { ...env, OTEL_SDK_DISABLED: "true" }).tracesUrl, undefined);
    assert.equal(serveConfig([], { ...env, OTEL_TRACES_EXPORTER: "none" }).tracesUrl, undefined);
  });

  test("must be addresses and a protocol that spans can be sent by", () => {
    assert.deepEqual(serveProblems(["--otlp-endpoint=collector:4317"]), [
      "--otlp-endpoint must be an http or https address",
    ]);
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4317",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    };
    assert.deepEqual(serveProblems([], env), [
      "OTEL_EXPORTER_OTLP_PROTOCOL must be `http/protobuf`, got: `grpc`",
    ]);
    const own = { ...env, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf" };
    assert(serveConfig([], own).tracesUrl);
    assert.equal(serveConfig([], { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }).tracesUrl, undefined);
  });
});
