import type { RouteDoc } from "./route-doc.ts";
import { count, list, object, type Schema, text, word } from "./schema.ts";

const nothing: Schema = { type: "null" };

/** The part of `GET /info` that each model has. */
const modelInfo = {
  model_id: text("The model that runs."),
  model_sha: { type: ["string", "null"], description: "Its revision on the hub." },
  model_dtype: text("The type of its weights, for example `int8`."),
  served_model_name: text("The second of its served names, else the first."),
  model_type: object("InfoModelType", {
    reranker: object("InfoReranker", {
      id2label: { type: "object", additionalProperties: text() },
      label2id: { type: "object", additionalProperties: count() },
    }),
  }),
  activation: word(["sigmoid", "tanh", "identity"], "What becomes of a logit."),
  max_input_length: count("The longest pair, in tokens."),
  max_batch_tokens: count(),
  inference_workers: count("Workers that run the model side by side."),
  inference_threads: count("Threads of each of them on a CPU."),
} satisfies Record<string, Schema>;

const model = object(
  "Model",
  {
    id: text("The name that requests may ask for."),
    object: word(["model"]),
    created: count("When the server started, in seconds since 1970."),
    owned_by: text(),
    root: text("The own name of the model that answers to `id`."),
    parent: nothing,
    max_model_len: count("The longest pair, in tokens."),
    model_name: text("The same as `id`."),
    model_type: word(["rerank"]),
  },
  { description: "One served name, with the fields that clients of vLLM and Xinference read." },
);

const modelExample = {
  id: "rerankd-multilingual-v1",
  object: "model",
  created: 1_790_000_000,
  owned_by: "rerankd",
  root: "rerankd-multilingual-v1",
  parent: null,
  max_model_len: 512,
  model_name: "rerankd-multilingual-v1",
  model_type: "rerank",
};

/** Describes the list of what is served. */
export const modelsDoc: RouteDoc = {
  id: "listModels",
  tag: "What is served",
  summary: "List the served names",
  description: "For OpenAI-like tools and Dify: an entry for each name that requests may ask for.",
  answers: [
    {
      status: 200,
      description: "The served names.",
      schema: object("ModelList", { object: word(["list"]), data: list(model) }),
      example: { object: "list", data: [modelExample] },
    },
  ],
  errors: "object",
  faults: [],
};

/** Describes one entry of that list. */
export const modelDoc: RouteDoc = {
  id: "getModel",
  tag: "What is served",
  summary: "Look one served name up",
  description: "For OpenAI-like tools. A `/` in the name may be sent as it is or as `%2F`.",
  pathId: "A served name.",
  answers: [
    { status: 200, description: "The entry of that name.", schema: model, example: modelExample },
  ],
  errors: "object",
  faults: ["badPath", "unknownModel"],
};

function infoExample(name: string) {
  return {
    model_id: name,
    model_sha: null,
    model_dtype: "int8",
    served_model_name: name,
    model_type: { reranker: { id2label: { 0: "LABEL_0" }, label2id: { LABEL_0: 0 } } },
    activation: "sigmoid",
    max_input_length: 1024,
    max_batch_tokens: 1024,
    inference_workers: 2,
    inference_threads: 1,
  };
}

/** Describes `GET /info`, in the form of text-embeddings-inference. */
export const infoDoc: RouteDoc = {
  id: "getInfo",
  tag: "What is served",
  summary: "The model and the limits, for text-embeddings-inference",
  description: "For clients of text-embeddings-inference and Dify.",
  answers: [
    {
      status: 200,
      description: "The model and the limits.",
      schema: object(
        "Info",
        {
          ...modelInfo,
          max_concurrent_requests: count(),
          max_batch_requests: nothing,
          max_client_batch_size: count("The most documents of a request."),
          auto_truncate: { type: "boolean" },
          tokenization_workers: count(),
          version: text("The server's version."),
          sha: nothing,
          docker_label: nothing,
          models: list(
            object("InfoModel", modelInfo, { description: "What is told of one model." }),
            "Each model; absent where there is one. The other fields tell of the first.",
          ),
        },
        { description: "What text-embeddings-inference tells of itself.", optional: ["models"] },
      ),
      example: {
        ...infoExample("rerankd-multilingual-v1"),
        max_concurrent_requests: 128,
        max_batch_requests: null,
        max_client_batch_size: 10_000,
        auto_truncate: true,
        tokenization_workers: 1,
        version: "0.1.0",
        sha: null,
        docker_label: null,
        models: [infoExample("rerankd-multilingual-v1"), infoExample("large")],
      },
    },
  ],
  errors: "tei",
  faults: [],
};
