import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { EngineConfig } from "../../src/config/engine-config.ts";
import { takes } from "../../src/config/options/option.ts";
import { options } from "../../src/config/options/options.ts";
import type { Environment } from "../../src/config/options/parse-options.ts";
import { parseRankConfig } from "../../src/config/rank-config.ts";
import { parsePullConfig, parseServeConfig } from "../../src/config/serve-config.ts";
import { problemsOf, serveConfig, serveProblems } from "./parsed.ts";

/** Returns the first model of these words. */
function modelOf(argv: readonly string[], env: Environment = {}): EngineConfig {
  return serveConfig(argv, env).models[0];
}

suite("parseServeConfig()", () => {
  test("has the guide's port, a loopback address and no model by default", () => {
    const config = serveConfig([]);

    assert.equal(config.port, 7998);
    assert.equal(config.host, "127.0.0.1");
    const [{ modelId, maxLength }, ...others] = config.models;
    assert.deepEqual([modelId, maxLength, others], [undefined, undefined, []]);
    assert(Object.isFrozen(config));
  });

  test("prefers a flag to the environment, and ours to the common variable", () => {
    const env = { PORT: "1", RERANKER_PORT: "2", MODEL_ID: "a/b", RERANKER_MODEL: "c/d" };

    assert.equal(serveConfig([], { PORT: "1" }).port, 1);
    assert.equal(serveConfig([], env).port, 2);
    assert.equal(serveConfig(["--port", "3"], env).port, 3);
    assert.equal(modelOf([], env).modelId, "c/d");
    assert.equal(modelOf(["--model=e/f"], env).modelId, "e/f");
  });

  test("takes an empty variable for an unset one", () => {
    assert.equal(modelOf([], { RERANKER_MODEL: "", MODEL_ID: "" }).modelId, undefined);
  });

  test("collects names from repeated flags, each whole, and from a list in a variable", () => {
    assert.deepEqual(
      modelOf(["--served-model-name", "a", "--served-model-name=b,c"]).servedModelNames,
      ["a", "b,c"],
    );
    assert.deepEqual(modelOf([], { RERANKER_SERVED_MODEL_NAME: "a, b," }).servedModelNames, [
      "a",
      "b",
    ]);
    assert.deepEqual(modelOf([]).servedModelNames, []);
  });

  test("reports every problem at once, each with what was expected and what came", () => {
    const found = problemsOf(() =>
      parseServeConfig(
        ["--port", "70000", "--device=tpu", "--nope", "stray", "--tls-cert", "a.pem", "--dtype"],
        { RERANKER_THREADS: "many", RERANKER_HOST: "" },
      ),
    );

    assert.deepEqual(found, [
      "--nope is not an option of `serve`",
      "--dtype needs a value",
      "--device must be one of auto, cpu, cuda, webgpu, got: `tpu`",
      "RERANKER_THREADS must be a whole number from 0 to 1024, got: `many`",
      "--port must be a whole number from 0 to 65535, got: `70000`",
      "`serve` takes no argument, got: `stray`",
      "--tls-cert and --tls-key go together",
    ]);
  });

  test("reports a wrong value of every option that is a choice", () => {
    const choices = options.filter(
      (option) => takes("serve", option) && option.type.kind === "choice",
    );

    assert(choices.length > 5);
    for (const { flag } of choices) {
      const [problem, ...others] = serveProblems([`--${flag}=banana`]);
      assert.match(problem ?? "", new RegExp(`^--${flag} must be one of`));
      assert.deepEqual(others, []);
    }
  });

  test("refuses a flag that is given twice where one value is meant", () => {
    assert.deepEqual(
      problemsOf(() => parseServeConfig(["--port=1", "--port=2"], {})),
      ["--port must be given once"],
    );
  });

  test("names the option that a misspelled one was most likely meant to be", () => {
    assert.deepEqual(serveProblems(["--model_id=a", "--prot", "1", "--hostname=b"]), [
      "--model_id is not an option of `serve`; did you mean --model-id?",
      "--prot is not an option of `serve`; did you mean --port?",
      "--hostname is not an option of `serve`; did you mean --host?",
      "`serve` takes no argument, got: `1`",
    ]);
  });

  test("takes the values that text-embeddings-inference gives to the same variables", () => {
    const dtypes = { float16: "fp16", float32: "fp32", Float16: "fp16" };
    const levels = {
      INFO: "info",
      TRACE: "debug",
      Warn: "warn",
      off: "silent",
      "warn,text_embeddings_router=debug": "warn",
    };

    for (const [given, meant] of Object.entries(dtypes)) {
      assert.equal(modelOf([], { DTYPE: given }).dtype, meant);
      assert.equal(modelOf([`--dtype=${given}`]).dtype, meant);
    }
    for (const [given, meant] of Object.entries(levels)) {
      assert.equal(serveConfig([], { LOG_LEVEL: given }).logLevel, meant);
    }
    const others = { MODEL_ID: "a/b", REVISION: "v1", SERVED_MODEL_NAME: "c", PORT: "80" };
    const { modelId, revision, servedModelNames } = modelOf([], others);
    const { port } = serveConfig([], others);
    assert.deepEqual([modelId, revision, servedModelNames, port], ["a/b", "v1", ["c"], 80]);
  });

  test("refuses what those values mean and there is not, and shows it as it came", () => {
    assert.match(serveProblems([], { DTYPE: "BFloat16" })[0] ?? "", /^DTYPE must .*`BFloat16`$/);
    assert.match(serveProblems([], { LOG_LEVEL: "loud" })[0] ?? "", /^LOG_LEVEL must .*`loud`$/);
  });

  test("takes a choice in any case, and true and false for on and off", () => {
    const env = { RERANKER_DEVICE: "CPU", RERANKER_METRICS: "False", RERANKER_SPINNING: "OFF" };
    const { device, spinning } = modelOf([], env);
    const { metrics } = serveConfig([], env);

    assert.deepEqual([device, metrics, spinning], ["cpu", false, false]);
  });

  test("sees a wish for help before any problem", () => {
    assert.deepEqual(parseServeConfig(["--port=x", "--help"], {}), { help: true });
    assert.deepEqual(parseServeConfig(["-h"], {}), { help: true });
  });
});

suite("the models of parseServeConfig()", () => {
  const namesOf = (argv: readonly string[], env: Environment = {}) =>
    serveConfig(argv, env).models.map(({ name, modelId }) => [name, modelId]);

  test("are as many as ids were given, in their order, each with its name", () => {
    assert.deepEqual(namesOf(["--model-id=a/b", "--model", "small=./c=d", "--model-id=./e=f"]), [
      [undefined, "a/b"],
      ["small", "./c=d"],
      [undefined, "./e=f"],
    ]);
    assert.deepEqual(namesOf([], { RERANKER_MODEL: "a/b, x=bundled" }), [
      [undefined, "a/b"],
      ["x", "bundled"],
    ]);
    assert.deepEqual(namesOf([], { MODEL_ID: "./a,b" }), [[undefined, "./a,b"]]);
  });

  test("have the same settings, but for the further names, which are those of the first", () => {
    const argv = ["--model-id=a", "--model-id=b", "--dtype=fp32", "--served-model-name=c"];
    const { models } = serveConfig([...argv, "--max-documents=7"]);

    assert.deepEqual(
      models.map(({ dtype, servedModelNames, maxDocuments, weight }) => [
        dtype,
        servedModelNames,
        maxDocuments,
        weight,
      ]),
      [
        ["fp32", ["c"], 7, 1],
        ["fp32", [], 7, 1],
      ],
    );
  });

  test("keep no core busy between runs where there are several, unless it was asked for", () => {
    const spinning = (...argv: string[]) => serveConfig(argv).models.map((model) => model.spinning);

    assert.deepEqual(spinning("--model-id=a"), [true]);
    assert.deepEqual(spinning("--model-id=a", "--model-id=b"), [false, false]);
    assert.deepEqual(spinning("--model-id=a", "--model-id=b", "--spinning=on"), [true, true]);
  });

  test("may not share a name that was chosen", () => {
    assert.deepEqual(serveProblems(["--model-id=x=a", "--model-id=x=b"]), [
      "two names of the models are `x`",
    ]);
  });

  test("are one for other commands", () => {
    const parse = () => parseRankConfig(["-q", "q", "--model-id=a", "--model-id=b"], {});

    assert.deepEqual(problemsOf(parse), ["--model-id must be given once"]);
  });
});

suite("parsePullConfig()", () => {
  test("takes one model id and the options of a download", () => {
    const parsed = parsePullConfig(["a/b", "--dtype", "fp16", "--revision=v1"], {});

    assert(!parsed.help);
    assert.deepEqual(
      [parsed.config.modelId, parsed.config.dtype, parsed.config.revision],
      ["a/b", "fp16", "v1"],
    );
  });

  test("refuses none, several, and options of other commands", () => {
    assert.equal(problemsOf(() => parsePullConfig([], {})).length, 1);
    assert.equal(problemsOf(() => parsePullConfig(["a/b", "c/d"], {})).length, 1);
    assert.deepEqual(
      problemsOf(() => parsePullConfig(["a/b", "--port=1"], {})),
      ["--port is not an option of `pull`"],
    );
  });
});
