import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { parseConfigCommand } from "../../../src/config/file/config-command.ts";
import { parseConfigFile, readConfigFile } from "../../../src/config/file/config-file.ts";
import { configSchema } from "../../../src/config/file/config-schema.ts";
import { parseHealthConfig } from "../../../src/config/health-config.ts";
import { packageRoot } from "../../server-process.ts";
import { configOf, problemsOf, serveConfig, serveProblems } from "../parsed.ts";

/** Writes a configuration file that is removed with the test, and returns its path. */
function fileWith(context: TestContext, text: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), "rerankd-config-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "rerankd.yaml");
  writeFileSync(path, text);
  return path;
}

const problemsIn = (text: string) => parseConfigFile(text, "a.yaml").problems;

/** A file with a setting of every kind. */
const example = `
port: 8001
metrics: off
ui: auto
cors_origin: [https://a.example, https://b.example]
models:
  - id: owner/large
    name: large
    aliases: [owner/old, l]
    dtype: Float16
    device: CPU
    max_length: 256
    workers: auto
    threads: 2
    spinning: true
    weight: 3
    max_batch_tokens: 512
    max_queue_ms: 100
    instruction: look
  - id: ./small=1
`;

suite("a configuration file", () => {
  test("holds the settings of the server and of each model", (context) => {
    const config = serveConfig([`--config=${fileWith(context, example)}`]);

    assert.deepEqual(
      [config.port, config.metrics, config.ui, config.corsOrigins],
      [8001, false, true, ["https://a.example", "https://b.example"]],
    );
    const [large, small] = config.models;
    assert.deepEqual(
      [large.modelId, large.name, large.servedModelNames, large.dtype, large.device],
      ["owner/large", "large", ["owner/old", "l"], "fp16", "cpu"],
    );
    assert.deepEqual(
      [large.maxLength, large.workers, large.threads, large.spinning, large.weight],
      [256, 0, 2, true, 3],
    );
    assert.deepEqual(
      [large.maxBatchTokens, large.maxQueueMs, large.prompt.instruction],
      [512, 100, "look"],
    );
    assert.deepEqual(
      [small?.modelId, small?.name, small?.weight, small?.spinning, small?.maxQueueMs],
      ["./small=1", undefined, 1, false, 5000],
    );
  });

  test("is like the one in docs/configuration.md", () => {
    const page = readFileSync(join(packageRoot, "docs/configuration.md"), "utf8");
    const [, text = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];

    assert(text.includes("models:"));
    assert.deepEqual(problemsIn(text), []);
  });

  test("may be JSON, and empty", (context) => {
    const json = fileWith(context, '{"port": 1, "models": [{"id": "a/b"}]}');

    assert.equal(serveConfig([`--config=${json}`]).port, 1);
    assert.equal(serveConfig([`--config=${fileWith(context, "")}`]).port, 7998);
    assert.equal(serveConfig([`--config=${fileWith(context, "# nothing\n")}`]).models.length, 1);
  });

  test("is overridden by a variable, and that by a flag", (context) => {
    const env = { RERANKER_CONFIG: fileWith(context, example), RERANKER_DTYPE: "int8" };

    assert.equal(serveConfig([], env).port, 8001);
    assert.equal(serveConfig([], { ...env, PORT: "2" }).port, 2);
    assert.equal(serveConfig(["--port=3"], { ...env, PORT: "2" }).port, 3);
    assert.deepEqual(
      serveConfig([], env).models.map(({ dtype }) => dtype),
      ["int8", "int8"],
    );
  });

  test("has its models replaced by ids that are given, and the first one's names by names", (context) => {
    const env = { RERANKER_CONFIG: fileWith(context, example) };

    const ids = serveConfig(["--model-id=c/d"], env).models.map(({ modelId }) => modelId);
    const named = serveConfig(["--served-model-name=n"], env).models;

    assert.deepEqual(ids, ["c/d"]);
    assert.deepEqual(
      named.map(({ servedModelNames }) => servedModelNames),
      [["n"], []],
    );
  });

  test("tells `rerankd health` where the server listens", (context) => {
    const env = { RERANKER_CONFIG: fileWith(context, "port: 9\nhost: 0.0.0.0\n") };

    assert.deepEqual(configOf(parseHealthConfig([], env)).urls, ["http://127.0.0.1:9"]);
  });

  for (const [title, text, problem] of [
    [
      "a value of a model that is not one of its words",
      "models: [{}, { dtype: fp99 }]",
      "`models[1].dtype` in a.yaml must be one of auto, fp32, fp16, int8, uint8, q4, q4f16, bnb4, got: `fp99`",
    ],
    [
      "a number out of its range",
      "port: 70000",
      "`port` in a.yaml must be a whole number from 0 to 65535, got: `70000`",
    ],
    [
      "a number where a text is meant",
      "models: [{ revision: 12 }]",
      "`models[0].revision` in a.yaml must be a string, got: a number",
    ],
    ["nothing", "host:", "`host` in a.yaml must be a string, got: null"],
    [
      "a list of other things",
      "api_key: [12345678]",
      "`api_key` in a.yaml must be a list of strings that are not empty, got: a number",
    ],
    [
      "a key that is none",
      "models: [{ max-length: 12 }]",
      "`models[0].max-length` in a.yaml is not a setting; did you mean `max_length`?",
    ],
    [
      "a setting of a model beside the models",
      "dtype: fp32",
      "`dtype` in a.yaml is a setting of a model: write `models[0].dtype`",
    ],
    [
      "a setting of the server in a model",
      "models: [{ port: 1 }]",
      "`models[0].port` in a.yaml is a setting of the server: write it beside `models`",
    ],
    [
      "several ids of one model",
      "models: [{ id: [a/b, c/d] }]",
      "`models[0].id` in a.yaml must be a string, got: a list",
    ],
    ["two documents", "port: 1\n---\nport: 2\n", "a.yaml must hold one document"],
    ["a file in a file", "config: b.yaml", "`config` in a.yaml is not a setting"],
    [
      "no model",
      "models: []",
      "`models` in a.yaml must be a list of one model at least, got: an empty list",
    ],
    [
      "a model that is a word",
      "models: [a/b]",
      "`models[0]` in a.yaml must be an object of settings, got: a string",
    ],
    ["a list", "- port", "a.yaml must hold an object of settings, got: a list"],
  ] as const) {
    test(`names the path, what was expected and what came: ${title}`, () => {
      assert.deepEqual(problemsIn(text), [problem]);
    });
  }

  test("that is no YAML names the line", () => {
    const [problem, ...more] = problemsIn("port: 1\nmodels: [\n");

    assert.match(problem ?? "", /^a\.yaml must be YAML or JSON: .* at line \d+, column \d+$/);
    assert.deepEqual(more, []);
    assert.match(problemsIn("port: 1\nport: 2\n")[0] ?? "", /must be unique at line 2/);
  });

  test("that is not there is a mistake of the command line", () => {
    assert.deepEqual(readConfigFile("no/such.yaml").problems, [
      "the configuration file `no/such.yaml`: there is no such file",
    ]);
    assert.match(readConfigFile(tmpdir()).problems[0] ?? "", /cannot be read \(EISDIR\)$/);
  });

  test("that is not UTF-8 is refused, and a byte order mark is no part of it", (context) => {
    const path = fileWith(context, Buffer.from("\ufeffport: 8001\n", "utf16le"));

    assert.deepEqual(serveProblems([`--config=${path}`]), [`${path} must be text in UTF-8`]);
    assert.equal(serveConfig([`--config=${fileWith(context, "\ufeffport: 8001\n")}`]).port, 8001);
  });

  test("has a wrong value of a setting told that others depend on", (context) => {
    const path = fileWith(context, "admin: 1\nreflection: none\nui: []\n");

    const problems = serveProblems([`--config=${path}`]);

    assert.deepEqual(
      problems.map((problem) => problem.split(" ")[0]),
      ["`admin`", "`reflection`", "`ui`"],
    );
  });

  test("has every problem told at once, with those of flags", (context) => {
    const path = fileWith(context, "port: x\nmodels: [{ threads: -1 }]\n");

    assert.deepEqual(serveProblems([`--config=${path}`, "--dtype=y"]), [
      "--dtype must be one of auto, fp32, fp16, int8, uint8, q4, q4f16, bnb4, got: `y`",
      `\`port\` in ${path} must be a whole number from 0 to 65535, got: \`x\``,
      `\`models[0].threads\` in ${path} must be a whole number from 0 to 1024, got: \`-1\``,
    ]);
  });
});

suite("the schema of configuration files", () => {
  const validate = new Ajv({ allErrors: true }).compile(configSchema());
  const take = (text: string): boolean => validate(parse(text));

  test("is the one in docs/", () => {
    const written = readFileSync(join(packageRoot, "docs/rerankd.schema.json"), "utf8");

    assert.deepEqual(JSON.parse(written), configSchema(), "run `npm run readme`");
  });

  test("takes and refuses what the program does", () => {
    for (const text of [
      "port: 1",
      "models: [{ id: a/b, aliases: x, workers: auto, spinning: off }]",
      "models: [{ id: [a/b] }]",
      "ui: auto",
      "port: 70000",
      "models: []",
      "models: [{ dtype: fp99 }]",
      "models: [{ revision: 12 }]",
      "dtype: fp32",
      "nope: 1",
    ]) {
      assert.equal(take(text), problemsIn(text).length === 0, text);
    }
  });
});

suite("rerankd config", () => {
  const printed = (argv: readonly string[]) => configOf(parseConfigCommand(argv, {})).text;

  test("checks as `serve` does", (context) => {
    const good = fileWith(context, example);
    const bad = fileWith(context, "tls_cert: a.pem\n");

    assert.equal(printed(["check", `--config=${good}`]), "ok: 2 models\n");
    assert.deepEqual(
      problemsOf(() => parseConfigCommand(["check", `--config=${bad}`], {})),
      ["--tls-cert and --tls-key go together"],
    );
  });

  test("reads a file that can be read once only, such as a pipe", () => {
    const main = join(packageRoot, "dist/src/main.js");
    const run = (...words: string[]) =>
      spawnSync(
        "sh",
        ["-c", 'printf "port: 8123\\n" | "$@"', "sh", process.execPath, main, ...words],
        {
          encoding: "utf8",
          timeout: 20_000,
        },
      );
    const file = "--config=/dev/stdin";

    assert.match(run("config", "print", file).stdout, /^port: 8123$/m);
    assert.match(
      run("config", "print", file, "--max-documents=x").stderr,
      /--max-documents must be/,
    );
    const { stdout } = run("doctor", file, "--json", "--model-id=./no-such-model");
    assert.match(stdout, /8123/);
  });

  test("prints a file that means the same, without secrets", (context) => {
    const key = "a-secret-of-the-server";
    const argv = [`--config=${fileWith(context, example)}`, "--max-length=99"];

    const text = printed(["print", ...argv, `--api-key=${key}`]);
    const again = fileWith(context, text);

    assert(!text.includes(key));
    assert.match(text, /^# api_key is set, and not shown$/m);
    assert.deepEqual(serveConfig([`--config=${again}`]), serveConfig(argv));
  });

  test("prints the schema", () => {
    assert.deepEqual(JSON.parse(printed(["schema"])), configSchema());
  });

  test("refuses another word, and none", () => {
    const problem = (argv: readonly string[]) => problemsOf(() => parseConfigCommand(argv, {}));

    assert.deepEqual(problem(["show"]), [
      "`config` takes one of check, print, schema, got: `show`",
    ]);
    assert.deepEqual(problem([]), ["`config` takes one of check, print, schema, got: none"]);
    assert.deepEqual(problem(["check", "x"]), ["`config` takes no argument, got: `x`"]);
  });
});
