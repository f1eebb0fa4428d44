import assert from "node:assert/strict";
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { openModel } from "../../src/models/open-model.ts";
import { onnxBytes } from "../fakes/onnx-bytes.ts";
import { fakeGraph, makeTempFolder, tinyConfig, tinyModelFiles, writeFiles } from "./tiny-model.ts";

const choice = { name: "tiny", dtype: "auto", device: "cpu" } as const;

suite("openModel()", () => {
  test("finds the files and reads the limits", async (context) => {
    const directory = await makeModel(context);

    assert.deepEqual(await openModel({ ...choice, directory }), {
      name: "tiny",
      directory,
      dtype: "int8",
      onnxPath: join(directory, "onnx", "model_quantized.onnx"),
      tokenizerPath: join(directory, "tokenizer.json"),
      rowByRow: false,
      weightPaths: ["onnx/model_quantized.onnx"],
      config: {
        modelType: "xlm-roberta",
        maxPositionTokens: 1024,
        padTokenId: 1,
        isDecoder: false,
        isCausal: false,
        firstPosition: 2,
        width: undefined,
        tokenizer: { className: undefined, modelType: "xlm-roberta" },
        labels: ["LABEL_0"],
        license: "apache-2.0",
      },
      activation: { activation: "sigmoid" },
      notes: ["using onnx/model_quantized.onnx (int8): the fastest on cpu of what is there"],
    });
  });

  test("opens a folder with an ONNX file at the top and no optional files", async (context) => {
    const directory = await makeTempFolder(context);
    const { "config.json": config, "tokenizer.json": tokenizer } = tinyModelFiles();
    await writeFiles(directory, {
      "config.json": config ?? "",
      "tokenizer.json": tokenizer ?? "",
      "model.onnx": fakeGraph(1),
    });

    const model = await openModel({ ...choice, directory });

    assert.equal(model.onnxPath, join(directory, "model.onnx"));
    assert.equal(model.dtype, "fp32");
    assert.equal("license" in model.config, false);
  });

  for (const [title, config, width] of [
    ["hidden_size", { hidden_size: 384 }, 384],
    ["the name of another architecture", { dim: 768 }, 768],
    ["nothing", {}, undefined],
    ["something that is no width", { hidden_size: "wide" }, undefined],
  ] as const) {
    test(`reads the width from ${title}`, async (context) => {
      const directory = await makeTempFolder(context);
      const files = tinyModelFiles();
      const base = JSON.parse(String(files["config.json"]));
      await writeFiles(directory, {
        "config.json": JSON.stringify({ ...base, ...config }),
        "tokenizer.json": files["tokenizer.json"] ?? "",
        "model.onnx": fakeGraph(1),
      });

      assert.equal((await openModel({ ...choice, directory })).config.width, width);
    });
  }

  const limits: readonly (readonly [string, object, object, number])[] = [
    ["roberta", { model_type: "roberta", max_position_embeddings: 514 }, {}, 512],
    ["camembert", { model_type: "camembert", max_position_embeddings: 514 }, {}, 512],
    ["bert", { model_type: "bert", max_position_embeddings: 512 }, {}, 512],
    ["xlm-roberta with pad 0", { pad_token_id: 0 }, {}, 1025],
    ["a tokenizer with a lower limit", {}, { model_max_length: 512 }, 512],
    ["a tokenizer with a higher limit", {}, { model_max_length: 4096 }, 1024],
    ["a tokenizer without a limit", {}, { model_max_length: 1e30 }, 1024],
    ["only a tokenizer's limit", { max_position_embeddings: null }, { model_max_length: 256 }, 256],
  ];
  for (const [title, config, tokenizerConfig, expected] of limits) {
    test(`allows ${expected} tokens for ${title}`, async (context) => {
      const directory = await makeModel(context, {
        "config.json": JSON.stringify({ ...tinyConfig, pad_token_id: undefined, ...config }),
        "tokenizer_config.json": JSON.stringify(tokenizerConfig),
      });

      const model = await openModel({ ...choice, directory });

      assert.equal(model.config.maxPositionTokens, expected);
    });
  }

  const badConfigs: readonly (readonly [string, RegExp])[] = [
    ["", /config\.json is empty/],
    ['{"model_type": "xlm-', /config\.json is not valid JSON/],
    ["[]", /config\.json must hold a JSON object/],
    [
      '{"model_type":"bert","max_position_embeddings":"512"}',
      /`max_position_embeddings` must be .*, got: `"512"`/,
    ],
    [
      '{"model_type":"roberta","max_position_embeddings":2}',
      /must be a whole number over 2, got: `2`/,
    ],
    [
      '{"model_type":"bert","max_position_embeddings":512,"pad_token_id":-2}',
      /`pad_token_id` must be .*, got: `-2`/,
    ],
    [
      '{"model_type":"bert","max_position_embeddings":512,"num_labels":3}',
      /`tiny` has 3 labels per pair: LABEL_0, LABEL_1, LABEL_2; it is a classifier/,
    ],
    [
      '{"model_type":"bert","max_position_embeddings":512,"id2label":{"0":"a","1":"b"}}',
      /`tiny` has 2 labels per pair: a, b; a reranker has 1/,
    ],
  ];
  for (const [text, message] of badConfigs) {
    test(`refuses the config.json ${text.slice(0, 90) || "without a byte"}`, async (context) => {
      const directory = await makeModel(context, {
        "config.json": text,
        "tokenizer_config.json": "{}",
        "onnx/model_quantized.onnx": onnxBytes({ outputShape: ["batch", "labels"] }),
      });

      await assert.rejects(openModel({ ...choice, directory }), {
        name: "StartupError",
        message,
        hint: /./,
      });
    });
  }

  const badFiles: readonly (readonly [string, string, RegExp, RegExp])[] = [
    [
      "tokenizer.json",
      '{"version":"1.0","mod',
      /tokenizer\.json is not a whole JSON object/,
      /fetch it again/,
    ],
    ["tokenizer.json", "", /tokenizer\.json is empty/, /fetch it again/],
    ["tokenizer_config.json", "{", /tokenizer_config\.json is not valid JSON/, /fetch it again/],
    ["onnx/model_quantized.onnx", "", /model_quantized\.onnx is empty/, /fetch it again/],
    [
      "onnx/model_quantized.onnx",
      "version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
      /is a Git LFS pointer/,
      /git lfs pull/,
    ],
  ];
  for (const [file, text, message, hint] of badFiles) {
    test(`refuses the ${file} ${JSON.stringify(text.slice(0, 30))}`, async (context) => {
      const directory = await makeModel(context, { [file]: text });

      await assert.rejects(openModel({ ...choice, directory }), {
        name: "StartupError",
        message,
        hint,
      });
    });
  }

  for (const file of ["config.json", "tokenizer.json"]) {
    test(`says that ${file} is missing`, async (context) => {
      const directory = await makeModel(context);
      await rm(join(directory, file));

      await assert.rejects(openModel({ ...choice, directory }), {
        name: "StartupError",
        message: `\`tiny\` has no ${file}`,
        hint: /./,
      });
    });
  }

  test("says that a file cannot be read", async (context) => {
    const directory = await makeModel(context);
    await rm(join(directory, "config.json"));
    await symlink("nowhere", join(directory, "config.json"));

    await assert.rejects(openModel({ ...choice, directory }), {
      name: "StartupError",
      message: /cannot read .*config\.json \(ENOENT\)/,
    });
  });

  test("says that the folder is missing", async () => {
    await assert.rejects(openModel({ ...choice, directory: "/nowhere/at/all" }), {
      name: "StartupError",
      message: /cannot read the model folder \/nowhere\/at\/all/,
    });
  });
});

async function makeModel(
  context: TestContext,
  change: Readonly<Record<string, Uint8Array | string>> = {},
): Promise<string> {
  const directory = await makeTempFolder(context);
  await writeFiles(directory, { ...tinyModelFiles(), ...change });
  return directory;
}
