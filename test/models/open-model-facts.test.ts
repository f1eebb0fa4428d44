import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { openModel } from "../../src/models/open-model.ts";
import { promptTemplates } from "../../src/models/prompt/prompt-templates.ts";
import { onnxBytes } from "../fakes/onnx-bytes.ts";
import { fakeGraph, makeTempFolder, tinyConfig, tinyModelFiles, writeFiles } from "./tiny-model.ts";

type Files = Readonly<Record<string, Uint8Array | string>>;
type Options = Partial<Parameters<typeof openModel>[0]>;

async function open(context: TestContext, files: Files, options: Options = {}) {
  const directory = await makeTempFolder(context);
  await writeFiles(directory, { ...tinyModelFiles(), ...files });
  return await openModel({ name: "tiny", directory, dtype: "fp32", device: "cpu", ...options });
}

const json = (value: object): string => JSON.stringify(value);
const configured = (change: object): Files => ({
  "config.json": json({ ...tinyConfig, ...change }),
});
const identity = "torch.nn.modules.linear.Identity";

suite("openModel() reads the type and the length", () => {
  const cases: readonly (readonly [string, object, object, string, number | undefined])[] = [
    [
      "jina v2",
      { architectures: ["XLMRobertaForSequenceClassification"] },
      {},
      "xlm-roberta",
      1024,
    ],
    ["BERT", { architectures: ["BertForSequenceClassification"] }, {}, "bert", 1026],
    ["jina v1", { architectures: ["JinaBertModel"] }, {}, "bert", 1026],
    ["DeBERTa", { architectures: ["DebertaV2ForSequenceClassification"] }, {}, "deberta-v2", 1026],
    [
      "ModernBERT",
      { architectures: ["ModernBertForSequenceClassification"] },
      {},
      "modernbert",
      1026,
    ],
    ["an unknown class", { architectures: ["FooBarForRanking"] }, {}, "foo-bar", 1026],
    ["the tokenizer's class", {}, { tokenizer_class: "CamembertTokenizerFast" }, "camembert", 1024],
    ["nothing", {}, {}, "", 1026],
    ["no positions", { max_position_embeddings: -1 }, {}, "", undefined],
    ["infinite positions", { max_position_embeddings: null, n_positions: 77 }, {}, "", 77],
  ];
  for (const [title, config, tokenizerConfig, modelType, maxPositionTokens] of cases) {
    test(`from ${title}`, async (context) => {
      const model = await open(context, {
        ...configured({ model_type: undefined, ...config }),
        "tokenizer_config.json": json(tokenizerConfig),
      });

      assert.equal(model.config.modelType, modelType);
      assert.equal(model.config.maxPositionTokens, maxPositionTokens);
    });
  }

  test("from a configuration that Python wrote, and the graph's table of positions", async (context) => {
    const name = "roberta.embeddings.position_embeddings.weight";
    const model = await open(context, {
      "config.json": '{"model_type": "roberta", "limits": [0.0, Infinity, NaN], "a": "Infinity"}',
      "tokenizer_config.json": '{"model_max_length": Infinity}',
      "onnx/model.onnx": onnxBytes({ tensors: [{ name, dims: [66, 4] }] }),
    });

    assert.equal(model.config.maxPositionTokens, 64);
  });
});

suite("openModel() reads the activation", () => {
  const modular: Files = {
    "modules.json": "[]",
    "config_sentence_transformers.json": json({
      activation_fn: "torch.nn.modules.activation.Tanh",
    }),
  };
  const cases: readonly (readonly [string, Files, string])[] = [
    [
      "of early versions",
      configured({ sbert_ce_default_activation_function: identity }),
      "identity",
    ],
    [
      "of versions 4",
      configured({ sentence_transformers: { activation_fn: identity } }),
      "identity",
    ],
    [
      "of versions 5.4",
      { ...configured({ sbert_ce_default_activation_function: identity }), ...modular },
      "tanh",
    ],
    [
      "in short",
      configured({ sentence_transformers: { activation_fn: "torch.nn.Sigmoid" } }),
      "sigmoid",
    ],
    ["of none", {}, "sigmoid"],
    [
      "not beside modules.json",
      { "config_sentence_transformers.json": modular["config_sentence_transformers.json"] ?? "" },
      "sigmoid",
    ],
  ];
  for (const [title, files, activation] of cases) {
    test(title, async (context) => {
      assert.deepEqual((await open(context, files)).activation, { activation });
    });
  }

  for (const path of ["torch.nn.modules.activation.Softmax", "my.code.Act", "toString", 7]) {
    test(`takes sigmoid for ${path}, and says so`, async (context) => {
      const config = configured({ sentence_transformers: { activation_fn: path } });

      const { activation, note } = (await open(context, config)).activation;

      assert.equal(activation, "sigmoid");
      assert.match(
        note ?? "",
        path === "torch.nn.modules.activation.Softmax" ? /every score .* 1/ : /not known/,
      );
    });
  }
});

suite("openModel() with labels", () => {
  const graph = (labels: number | string) => ({
    "onnx/model.onnx": onnxBytes({ outputShape: ["b", labels] }),
  });
  const two = { ...configured({ id2label: { 1: "yes", 0: "no" } }), ...graph(2) };

  test("believes the graph before config.json", async (context) => {
    const files = { ...configured({ id2label: { 0: "a", 1: "b", 2: "c" } }), ...graph(1) };

    assert.equal("positiveLabel" in (await open(context, files)), false);
  });

  for (const [wanted, position] of [
    ["yes", 1],
    ["no", 0],
    ["1", 1],
  ] as const) {
    test(`takes ${wanted} of two`, async (context) => {
      assert.equal((await open(context, two, { positiveLabel: wanted })).positiveLabel, position);
    });
  }

  const refused: readonly (readonly [string, Files, string | undefined, RegExp])[] = [
    ["two that nobody chose of", two, undefined, /2 labels per pair: no, yes; a reranker has 1/],
    ["a name that is none of two", two, "maybe", /must be no, yes, 0 or 1, got: `maybe`/],
    ["a choice where there is one", graph(1), "yes", /has one label/],
    [
      "a classifier",
      {
        ...configured({ id2label: { 0: "contradiction", 1: "entailment", 2: "neutral" } }),
        ...graph(3),
      },
      "entailment",
      /3 labels per pair: contradiction, entailment, neutral; it is a classifier/,
    ],
  ];
  for (const [title, files, positiveLabel, message] of refused) {
    test(`refuses ${title}`, async (context) => {
      await assert.rejects(open(context, files, { positiveLabel }), {
        name: "StartupError",
        message,
      });
    });
  }
});

suite("openModel() with a template", () => {
  const decoder = configured({ model_type: "qwen3", pad_token_id: 5 });
  const template = { "rerankd.json": json({ template: "mxbai-rerank-v2", instruction: "look" }) };

  test("knows it by the exact id, by rerankd.json, by name and as given", async (context) => {
    const named = await open(context, decoder, { name: "Qwen/Qwen3-Reranker-0.6B" });
    assert.deepEqual(named.prompt, promptTemplates["qwen3-reranker"]);
    const inFile = await open(context, { ...decoder, ...template });
    assert.deepEqual(inFile.prompt, { ...promptTemplates["mxbai-rerank-v2"], instruction: "look" });
    const asked = await open(
      context,
      { ...decoder, ...template },
      { prompt: { template: "zerank" } },
    );
    assert.deepEqual(asked.prompt, promptTemplates.zerank);
    const own = await open(context, decoder, { prompt: { queryTemplate: "Q: {query}" } });
    assert.deepEqual([own.prompt?.query, own.prompt?.document], ["Q: {query}", "{document}"]);
    assert.equal(
      (await open(context, decoder, { prompt: { template: "none" } })).prompt,
      undefined,
    );
  });

  test("takes sentence-transformers' default prompt before queries", async (context) => {
    const settings = { prompts: { search: "query: " }, default_prompt_name: "search" };
    const files = { "modules.json": "[]", "config_sentence_transformers.json": json(settings) };

    assert.equal((await open(context, files)).prompt?.query, "query: {query}");
  });

  const refused: readonly (readonly [string, Files, object, RegExp])[] = [
    ["a language model without one", decoder, {}, /not known which text it wants/],
    [
      "a conversion under another name",
      decoder,
      { name: "someone/Qwen3-Reranker-0.6B-onnx" },
      /not known/,
    ],
    [
      "a language model without padding",
      configured({ model_type: "qwen3", pad_token_id: null }),
      {},
      /`pad_token_id` must be a token's number/,
    ],
    [
      "a query template without its place",
      {},
      { prompt: { queryTemplate: "query" } },
      /--query-template must hold \{query\} once/,
    ],
    [
      "an unknown name in rerankd.json",
      { "rerankd.json": '{"template":"x"}' },
      {},
      /`template` must be one of/,
    ],
    [
      "an instruction without a place",
      {},
      { prompt: { instruction: "x" } },
      /--instruction has no place/,
    ],
  ];
  for (const [title, files, options, message] of refused) {
    test(`refuses ${title}`, async (context) => {
      await assert.rejects(open(context, files, options), { name: "StartupError", message });
    });
  }
});

suite("openModel() refuses by name", () => {
  for (const [model_type, architecture, message] of [
    ["qwen3", "JinaForRanking", /all documents of a request in one text/],
    ["qwen2_vl", "Qwen2VLForConditionalGeneration", /reads images/],
    ["minicpm", "LayerWiseMiniCPMForCausalLM", /its authors' own code/],
    ["t5", "T5ForConditionalGeneration", /an encoder and a decoder/],
  ] as const) {
    test(architecture, async (context) => {
      const files = configured({ model_type, architectures: [architecture] });

      await assert.rejects(open(context, files), { name: "StartupError", message, hint: /./ });
    });
  }
});

suite("openModel() with weights in other files", () => {
  const graph = onnxBytes({
    tensors: [
      { dims: [10], location: "model.onnx.data" },
      { dims: [10], location: "more.bin" },
    ],
  });
  const files = { "onnx/model.onnx": graph, "onnx/more.bin": Buffer.alloc(40) };

  test("lists them", async (context) => {
    const model = await open(context, { ...files, "onnx/model.onnx.data": Buffer.alloc(40) });

    assert.deepEqual(model.weightPaths, [
      "onnx/model.onnx",
      "onnx/model.onnx.data",
      "onnx/more.bin",
    ]);
  });

  for (const [title, more, message] of [
    [
      "that is missing",
      {},
      /`onnx\/model\.onnx` keeps its weights in `onnx\/model\.onnx\.data`, which is not there/,
    ],
    [
      "that is cut off",
      { "onnx/model.onnx.data": Buffer.alloc(39) },
      /which is cut off: it has 39 of 40 bytes/,
    ],
  ] as const) {
    test(`names one ${title}`, async (context) => {
      await assert.rejects(open(context, { ...files, ...more }), { name: "StartupError", message });
    });
  }

  test("names a graph that is cut off", async (context) => {
    await assert.rejects(open(context, { "onnx/model.onnx": fakeGraph(1).subarray(0, 5000) }), {
      message: /model\.onnx is not a whole ONNX file/,
    });
  });

  test("says what to do with PyTorch's weights alone", async (context) => {
    const directory = await makeTempFolder(context);
    await writeFiles(directory, {
      "config.json": "{}",
      "tokenizer.json": "{}",
      "model.safetensors": "x",
    });
    const refuses = (name: string, hint: RegExp) =>
      assert.rejects(openModel({ name, directory, dtype: "auto", device: "cpu" }), {
        message: `\`${name}\` has no ONNX file, only PyTorch weights`,
        hint,
      });

    await refuses(
      "owner/tiny",
      /optimum-cli export onnx --model owner\/tiny --task text-classification/,
    );
    await refuses("BAAI/bge-reranker-v2-m3", /onnx-community\/bge-reranker-v2-m3-ONNX/);
  });
});
