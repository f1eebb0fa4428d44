import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { UsageError } from "../../src/config/parse-options.ts";
import { parseServeConfig } from "../../src/config/serve-config.ts";

function configOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const parsed = parseServeConfig(argv, env);
  assert(!parsed.help);
  return parsed.config;
}

function problemsOf(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  try {
    configOf(argv, env);
  } catch (error) {
    assert(error instanceof UsageError);
    return error.problems;
  }
  return assert.fail("nothing was wrong");
}

suite("the telemetry's options", () => {
  test("are metrics on the port of all protocols, and no spans, by default", () => {
    const { metrics, metricsPort, tracesUrl, logLevel } = configOf([]);

    assert.deepEqual(
      [metrics, metricsPort, tracesUrl, logLevel],
      [true, undefined, undefined, "info"],
    );
  });

  test("turn metrics off, or put them on a port of their own", () => {
    assert.equal(configOf(["--metrics=off"]).metrics, false);
    assert.equal(configOf([], { RERANKER_METRICS_PORT: "9464" }).metricsPort, 9464);
  });

  test("append the path of spans to a collector's address, and not to a whole one", () => {
    const base = "http://collector:4318";
    const whole = "https://spans.example/in";

    for (const url of [base, `${base}/`]) {
      assert.equal(configOf([`--otlp-endpoint=${url}`]).tracesUrl, `${base}/v1/traces`);
    }
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `${base}/prefix` };
    assert.equal(configOf([], env).tracesUrl, `${base}/prefix/v1/traces`);
    const both = { ...env, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole };
    assert.equal(configOf([], both).tracesUrl, whole);
  });

  test("follow OpenTelemetry's switches", () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

    assert.equal(configOf([], { ...env, OTEL_SDK_DISABLED: "true" }).tracesUrl, undefined);
    assert.equal(configOf([], { ...env, OTEL_TRACES_EXPORTER: "none" }).tracesUrl, undefined);
  });

  test("must be addresses and a protocol that spans can be sent by", () => {
    assert.deepEqual(problemsOf(["--otlp-endpoint=collector:4317"]), [
      "--otlp-endpoint must be an http or https address",
    ]);
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4317",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    };
    assert.deepEqual(problemsOf([], env), [
      "OTEL_EXPORTER_OTLP_PROTOCOL must be `http/protobuf`, got: `grpc`",
    ]);
    const own = { ...env, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf" };
    assert(configOf([], own).tracesUrl);
    assert.equal(configOf([], { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }).tracesUrl, undefined);
  });
});
