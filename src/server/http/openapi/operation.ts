import type { RouteDoc } from "./route-doc.ts";
import { count, list, object, type Schema, text, word } from "./schema.ts";

/** The part of an answer that the server and each of its models have. */
const condition = {
  status: word(["ok", "degraded", "starting", "restarting", "draining"]),
  device: text("`cpu`, `cuda` or `webgpu`; empty until the model is loaded."),
  workers: count("Workers that run the model side by side; 0 until it is loaded."),
  threads: count("Threads of each worker on a CPU; 0 until the model is loaded."),
  dtype: text("The type of the weights, for example `int8`."),
  max_length: count("The longest pair, in tokens."),
  activation: word(["sigmoid", "tanh", "identity"], "What becomes of a logit."),
  reason: text("Why `status` is not `ok`; absent when it is."),
};

const modelHealth = object(
  "ModelHealth",
  {
    name: text("The model's own name, which answers have."),
    aliases: list(text(), "The other names that requests may ask for."),
    ...condition,
  },
  { description: "The health of one model, whatever the others do.", optional: ["reason"] },
);

const health = object(
  "Health",
  {
    model: text("The served model's name, of several the first's."),
    ...condition,
    version: text("The server's version."),
    models: list(modelHealth, "Each model; absent where there is one."),
  },
  { description: "Whether requests are answered, and with what.", optional: ["reason", "models"] },
);

const healthExample = {
  status: "ok",
  model: "rerankd-multilingual-v1",
  device: "cpu",
  workers: 2,
  threads: 1,
  dtype: "int8",
  max_length: 512,
  activation: "sigmoid",
  version: "0.1.0",
};

const whileLoading = { device: "", workers: 0, threads: 0, reason: "the model is loading" };

const loadedExample = {
  ...{ status: "ok", device: "cpu", workers: 2, threads: 1 },
  ...{ dtype: "int8", max_length: 512, activation: "sigmoid" },
};

/** Two models, of which one is loading still. */
const modelsExample = [
  { name: "small", aliases: ["owner/small"], ...loadedExample },
  { name: "large", aliases: [], ...loadedExample, ...whileLoading, status: "starting" },
];

/** Describes the health route. */
export const healthDoc: RouteDoc = {
  id: "getHealth",
  tag: "Operation",
  summary: "Whether requests are answered",
  description: "For probes. Needs no API key.",
  answers: [
    {
      status: 200,
      description: "Requests are answered: `ok`, or slower, `degraded`.",
      schema: health,
      example: healthExample,
    },
    {
      status: 503,
      description: "Requests are not answered now; `reason` says why.",
      schema: health,
      example: {
        ...{ ...healthExample, model: "small", status: "starting" },
        reason: "`large`: the model is loading",
        models: modelsExample,
      },
    },
  ],
  errors: "object",
  faults: [],
};

const yesOrNo: Schema = { type: "boolean" };
const ready = object(
  "ServerReady",
  { ready: yesOrNo },
  { description: "Open Inference Protocol." },
);
const live = object("ServerLive", { live: yesOrNo }, { description: "Open Inference Protocol." });

/** Describes the Open Inference Protocol's question whether requests are answered. */
export const readyDoc: RouteDoc = {
  id: "getServerReady",
  tag: "Operation",
  summary: "Whether requests are answered, for KServe",
  description: "The Open Inference Protocol's. Needs no API key.",
  answers: [
    {
      status: 200,
      description: "Requests are answered.",
      schema: ready,
      example: { ready: true },
    },
    {
      status: 503,
      description: "Requests are not answered now.",
      schema: ready,
      example: { ready: false },
    },
  ],
  errors: "object",
  faults: [],
};

/** Describes the Open Inference Protocol's question whether the process lives. */
export const liveDoc: RouteDoc = {
  id: "getServerLive",
  tag: "Operation",
  summary: "Whether the process lives, for KServe",
  description: "The Open Inference Protocol's. Needs no API key.",
  answers: [
    {
      status: 200,
      description: "It lives, whether or not it answers requests.",
      schema: live,
      example: { live: true },
    },
  ],
  errors: "object",
  faults: [],
};

/** Describes the metrics route. */
export const metricsDoc: RouteDoc = {
  id: "getMetrics",
  tag: "Operation",
  summary: "Metrics in Prometheus' text format",
  description: "For Prometheus. `--metrics` says where they are.",
  answers: [
    {
      status: 200,
      description: "The metrics.",
      schema: { type: "string" },
      contentType: "text/plain",
    },
  ],
  errors: "object",
  faults: [],
};

/** Describes this description. */
export const openApiDoc: RouteDoc = {
  id: "getOpenApi",
  tag: "Operation",
  summary: "This description",
  description: "For generators, gateways and tools: OpenAPI 3.1. `--reflection` says who may ask.",
  answers: [
    {
      status: 200,
      description: "The description of every plain JSON route of this server.",
      schema: {
        title: "OpenApiDocument",
        type: "object",
        properties: { openapi: text(), info: { type: "object" }, paths: { type: "object" } },
        required: ["openapi", "info", "paths"],
        additionalProperties: {},
        description: "An OpenAPI document.",
      },
    },
    notModified(),
  ],
  errors: "object",
  faults: [],
};

/** Describes a page for people. */
export function pageDoc(id: string, summary: string, description: string): RouteDoc {
  return {
    id,
    tag: "Operation",
    summary,
    description: `${description} Needs no API key. \`--ui\` says whether it is there.`,
    answers: [
      {
        status: 200,
        description: "The page, in HTML.",
        schema: { type: "string" },
        contentType: "text/html",
      },
      notModified(),
    ],
    errors: "object",
    faults: [],
  };
}

function notModified() {
  return { status: 304, description: "What the client has by its `If-None-Match` is still right." };
}
