import { answerFields } from "../dialects/rerank.ts";
import { returnTextField, teiNames } from "../dialects/tei.ts";
import { propertiesOf } from "../json-fields.ts";
import { rankingProperties } from "../ranking-fields.ts";
import { passage, timings, truncated, usage, warnings } from "./answers.ts";
import { rerankExamples, teiExample } from "./examples.ts";
import { rankingFaults } from "./faults.ts";
import type { RouteDoc, RouteExample } from "./route-doc.ts";
import { count, list, number, object, pick, type Schema, text, word } from "./schema.ts";

const query: Schema = { type: "string", minLength: 1, description: "The search text." };

const rerankRequest = object(
  "RerankRequest",
  {
    query,
    documents: list(
      {
        anyOf: [
          { type: "string" },
          { type: "object", additionalProperties: {}, description: "Ranked by its `rank_fields`." },
        ],
      },
      "The candidates, in any order: texts, or objects that come back as they were sent.",
    ),
    rank_fields: {
      type: ["array", "null"],
      items: { type: "string" },
      minItems: 1,
      description: "The fields of object documents to rank by, in this order. Default: `text`.",
    },
    ...rankingProperties,
    ...propertiesOf(Object.values(answerFields)),
  },
  {
    description: "One query and the documents to order for it. Unknown fields are ignored.",
    needed: ["query", "documents"],
  },
);

const teiRequest = object(
  "TeiRerankRequest",
  {
    query,
    texts: { ...list(text(), "The candidates, in any order."), minItems: 1 },
    ...pick(rankingProperties, teiNames),
    ...propertiesOf([returnTextField]),
  },
  {
    description: "A request of text-embeddings-inference's clients. Unknown fields are ignored.",
    needed: ["query", "texts"],
  },
);

const rerankResult = object(
  "RerankResult",
  {
    index: count("The document's position in the request, from 0."),
    relevance_score: number("How relevant it is; comparable within one model only."),
    document: {
      title: "ReturnedDocument",
      type: "object",
      properties: { text: text() },
      required: ["text"],
      additionalProperties: {},
      description: "The text, or the object that was sent; where documents are returned.",
    },
    truncated,
    passage,
  },
  { description: "One ranked document.", optional: ["document", "truncated", "passage"] },
);

const rerankAnswer = object(
  "RerankAnswer",
  {
    model: text("The model that scored."),
    results: list(rerankResult, "The documents from most to least relevant."),
    id: text("The id of the call, as in the header `x-request-id` and in the log."),
    object: word(["rerank"]),
    created: count("When, in seconds since 1970."),
    usage,
    meta: object(
      "RerankMeta",
      {
        api_version: object("ApiVersion", { version: text() }),
        billed_units: object("BilledUnits", { search_units: count(), input_tokens: count() }),
        tokens: object("Tokens", { input_tokens: count(), output_tokens: count() }),
        warnings,
      },
      { description: "What Cohere's clients look for.", optional: ["warnings"] },
    ),
    query_truncated: { type: "boolean", description: "True where the query was cut; else absent." },
    timings,
  },
  { description: "The ranking of one request.", optional: ["query_truncated", "timings"] },
);

const teiAnswer = list(
  object(
    "TeiRerankResult",
    {
      index: count("The text's position in the request, from 0."),
      score: number("How relevant it is; comparable within one model only."),
      text: text("The text, where `return_text` was set."),
      truncated,
      passage,
    },
    {
      description: "One ranked text, as text-embeddings-inference answers it.",
      optional: ["text", "truncated", "passage"],
    },
  ),
  "The texts from most to least relevant; where the request had `texts`.",
);

/** The differences between the paths of this dialect. */
interface RerankPath {
  readonly id: string;
  readonly summary: string;
  /** The names of the clients that call this path. */
  readonly clients: string;
  readonly examples: readonly [RouteExample, ...RouteExample[]];
}

/** Describes a route that takes `documents`, or `texts` as text-embeddings-inference does. */
function rerankDoc({ id, summary, clients, examples }: RerankPath): RouteDoc {
  return {
    id,
    tag: "Ranking",
    summary,
    description: `For clients of ${clients}. A body with \`documents\` is answered with an object, one with \`texts\` with the list of text-embeddings-inference.`,
    body: {
      schema: { anyOf: [rerankRequest, teiRequest] },
      examples: [...examples, teiExample],
      refused: [
        {
          body: { query: "q", documents: ["a", 7] },
          message: "`documents[1]` must be a string, got: a number",
          field: "documents[1]",
        },
      ],
    },
    answers: [
      {
        status: 200,
        description: "The ranking.",
        schema: { anyOf: [rerankAnswer, teiAnswer] },
        hasTimings: true,
      },
    ],
    errors: "either",
    faults: [...rankingFaults, "noTexts"],
  };
}

/** The paths of the dialect. */
export const rerankPaths = {
  rerank: rerankDoc({
    id: "rerank",
    summary: "Rank documents",
    clients:
      "vLLM, Infinity, LiteLLM, Dify, and of text-embeddings-inference, Haystack, LlamaIndex, Milvus",
    examples: rerankExamples,
  }),
  v1: rerankDoc({
    id: "rerankV1",
    summary: "Rank documents, which come back with the ranking",
    clients: "Jina, Cohere v1, LocalAI, Xinference, Open WebUI, RAGFlow",
    examples: [rerankExamples[1]],
  }),
  v2: rerankDoc({
    id: "rerankV2",
    summary: "Rank documents, for Cohere v2",
    clients: "Cohere v2 and the AI SDK",
    examples: [rerankExamples[0]],
  }),
  reranking: rerankDoc({
    id: "reranking",
    summary: "Rank documents, for llama.cpp",
    clients: "llama.cpp",
    examples: [rerankExamples[0]],
  }),
  rerankingV1: rerankDoc({
    id: "rerankingV1",
    summary: "Rank documents, for llama.cpp under its longer path",
    clients: "llama.cpp",
    examples: [rerankExamples[0]],
  }),
} as const;
