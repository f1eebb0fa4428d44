import type { RouteExample } from "./route-doc.ts";

const model = "rerankd-multilingual-v1";
const id = "5e1f7a90-1c5e-4d0c-9f0e-8f2b6b1f3a77";
/** In seconds since 1970. */
const created = 1790000000;

function usageOf(tokens: number) {
  return { prompt_tokens: tokens, total_tokens: tokens };
}

/** Returns what follows the results in an answer of the dialect of Jina and Cohere. */
function rerankEnd(tokens: number, warnings?: readonly string[]) {
  return {
    id,
    object: "rerank",
    created,
    usage: usageOf(tokens),
    meta: {
      api_version: { version: "2" },
      billed_units: { search_units: 1, input_tokens: tokens },
      tokens: { input_tokens: tokens, output_tokens: 0 },
      ...(warnings && { warnings }),
    },
  };
}

/** Returns an answer of vLLM's score API. */
function scoreAnswer(
  tokens: number,
  scores: readonly { readonly score: number; readonly truncated?: true }[],
) {
  const data = scores.map((score, index) => ({ index, object: "score", ...score }));
  return { id, object: "list", created, model, data, usage: usageOf(tokens) };
}

/** Requests of the dialect of Jina and Cohere, with the answers of the bundled model. */
export const rerankExamples = [
  {
    name: "texts",
    summary: "Texts, and the best of them",
    body: { query: "red fruit", documents: ["a blue car", "a red apple"], top_n: 1 },
    answer: {
      model,
      results: [{ index: 1, relevance_score: 0.7952253818511963 }],
      ...rerankEnd(18),
    },
  },
  {
    name: "objects",
    summary: "Objects, ranked by two of their fields and read in windows",
    body: {
      query: "내일 회의 일정",
      documents: [
        { title: "점심", text: "오늘 점심은 김치찌개를 먹었다", id: 7 },
        { title: "회의", text: "내일 오후 2시에 품질 미팅이 있습니다", id: 8 },
      ],
      rank_fields: ["title", "text"],
      return_documents: true,
      long_documents: "windows",
      return_timings: true,
    },
    answer: {
      model,
      results: [
        {
          index: 1,
          relevance_score: 0.9146353602409363,
          document: { title: "회의", text: "내일 오후 2시에 품질 미팅이 있습니다", id: 8 },
          passage: { start: 0, end: 24, text: "회의\n내일 오후 2시에 품질 미팅이 있습니다" },
        },
        {
          index: 0,
          relevance_score: 0.08593714982271194,
          document: { title: "점심", text: "오늘 점심은 김치찌개를 먹었다", id: 7 },
          passage: { start: 0, end: 19, text: "점심\n오늘 점심은 김치찌개를 먹었다" },
        },
      ],
      ...rerankEnd(40),
      timings: { tokenization_ms: 0.9, queue_ms: 0.1, inference_ms: 12.4, total_ms: 13.6 },
    },
  },
  {
    name: "cut",
    summary: "Texts that are cut, which the answer says",
    body: {
      query: "which fruit is both red and sweet enough to eat raw",
      documents: ["an apple that is red, and a car that is blue and has four wheels"],
      max_tokens_per_doc: 4,
      max_tokens_per_query: 4,
      raw_scores: true,
    },
    answer: {
      model,
      results: [{ index: 0, relevance_score: -1.0854332447052002, truncated: true }],
      ...rerankEnd(12, [
        "1 of the results were cut to fit 512 tokens, or to 4 of their own",
        "the query was cut to fit 512 tokens, or to 4 of its own",
      ]),
      query_truncated: true,
    },
  },
] as const satisfies readonly RouteExample[];

/** A request of text-embeddings-inference's clients. */
export const teiExample: RouteExample = {
  name: "tei",
  summary: "Texts, as text-embeddings-inference takes them",
  body: {
    query: "red fruit",
    texts: ["a blue car", "a red apple on a table"],
    return_text: true,
    long_documents: "windows",
  },
  answer: [
    {
      index: 1,
      score: 0.2678442597389221,
      text: "a red apple on a table",
      passage: { start: 0, end: 22, text: "a red apple on a table" },
    },
    {
      index: 0,
      score: 0.0343300960958004,
      text: "a blue car",
      passage: { start: 0, end: 10, text: "a blue car" },
    },
  ],
};

/** Requests of vLLM's score API. */
export const scoreExamples = [
  {
    name: "one_query",
    summary: "One text for all others",
    body: { text_1: "red fruit", text_2: ["a blue car", "a red apple"] },
    answer: scoreAnswer(18, [{ score: 0.0343300960958004 }, { score: 0.7952253818511963 }]),
  },
  {
    name: "pairs",
    summary: "One text for each, cut where they are long",
    body: {
      queries: ["red fruit", "blue car"],
      documents: ["a red apple on a table beside the door", "a car"],
      max_tokens_per_doc: 5,
    },
    answer: scoreAnswer(19, [
      { score: 0.6841233968734741, truncated: true },
      { score: 0.2916595935821533 },
    ]),
  },
] as const satisfies readonly RouteExample[];

/** A request of NVIDIA NIM's clients. */
export const nimExample: RouteExample = {
  name: "passages",
  summary: "Passages, of which one is cut",
  body: {
    query: { text: "red fruit" },
    passages: [{ text: "a blue car" }, { text: "a red apple on a table beside the door" }],
    max_tokens_per_doc: 5,
  },
  answer: {
    rankings: [
      { index: 1, logit: 0.772786557674408, truncated: true },
      { index: 0, logit: -3.3367996215820312 },
    ],
    usage: usageOf(20),
  },
};
