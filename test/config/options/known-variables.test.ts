import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseHealthConfig } from "../../../src/config/health-config.ts";
import { notesOnVariables } from "../../../src/config/options/known-variables.ts";
import { parseServeConfig } from "../../../src/config/serve-config.ts";
import { configOf, serveConfig, serveProblems } from "../parsed.ts";

/** What Kubernetes sets beside a service called `reranker`, and one called `reranker-metrics`. */
const kubernetes = {
  RERANKER_SERVICE_HOST: "10.0.0.1",
  RERANKER_SERVICE_PORT: "7998",
  RERANKER_SERVICE_PORT_GRPC: "7998",
  RERANKER_PORT: "tcp://10.0.0.1:7998",
  RERANKER_PORT_7998_TCP: "tcp://10.0.0.1:7998",
  RERANKER_PORT_7998_TCP_PROTO: "tcp",
  RERANKER_PORT_7998_TCP_PORT: "7998",
  RERANKER_PORT_7998_TCP_ADDR: "10.0.0.1",
  RERANKER_METRICS_SERVICE_HOST: "10.0.0.2",
  RERANKER_METRICS_PORT: "udp://10.0.0.2:9464",
  RERANKER_METRICS_PORT_9464_UDP: "udp://10.0.0.2:9464",
};

suite("the variables of a Kubernetes service", () => {
  test("are no settings", () => {
    const config = serveConfig([], kubernetes);

    assert.deepEqual([config.port, config.metricsPort], [7998, undefined]);
    assert.equal(serveConfig([], { ...kubernetes, PORT: "81" }).port, 81);
    assert.equal(serveConfig(["--port=82"], kubernetes).port, 82);
    assert.deepEqual(configOf(parseHealthConfig([], kubernetes)).urls, ["http://127.0.0.1:7998"]);
  });

  test("are said to be ignored where a setting has the same name, and there alone", () => {
    const notes = notesOnVariables(kubernetes);

    assert.equal(notes.length, 2);
    assert.match(
      notes[0] ?? "",
      /^RERANKER_PORT is ignored: `tcp:\/\/10\.0\.0\.1:7998` is what Kubernetes sets.*enableServiceLinks/,
    );
    assert.match(notes[1] ?? "", /^RERANKER_METRICS_PORT is ignored/);
  });

  test("are not taken for any other wrong port", () => {
    assert.deepEqual(serveProblems([], { RERANKER_PORT: "http://10.0.0.1:7998" }), [
      "RERANKER_PORT must be a whole number from 0 to 65535, got: `http://10.0.0.1:7998`",
    ]);
    assert.equal(serveProblems(["--port=tcp://10.0.0.1:7998"]).length, 1);
  });
});

suite("a RERANKER_ variable that nothing reads", () => {
  test("is named, with the nearest that something does", () => {
    const env = { RERANKER_MODEL_ID: "a/b", RERANKER_MAXLENGTH: "8", RERANKER_XYZZY_PLUGH: "1" };
    const noEffect = "is not a variable of rerankd, and has no effect";

    assert.deepEqual(notesOnVariables(env), [
      `RERANKER_MODEL_ID ${noEffect}; did you mean RERANKER_MODEL?`,
      `RERANKER_MAXLENGTH ${noEffect}; did you mean RERANKER_MAX_LENGTH?`,
      `RERANKER_XYZZY_PLUGH ${noEffect}`,
    ]);
  });

  test("is not one of another command's or the client's, an empty one, or another program's", () => {
    const env = { RERANKER_URL: "a", RERANKER_TLS_CA: "b", RERANKER_NOPE: "", MODEL: "c" };

    assert.deepEqual(notesOnVariables(env), []);
  });

  test("does not stop a command", () => {
    const parsed = parseServeConfig([], { RERANKER_PROT: "1" });

    assert(!parsed.help);
    assert.match(parsed.notes?.join() ?? "", /RERANKER_PROT .*did you mean RERANKER_PORT\?$/);
  });
});
