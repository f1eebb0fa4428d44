import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { postJson } from "../http-client.ts";
import { startServer } from "../start-server.ts";

const objectPaths = ["/rerank", "/v1/rerank", "/v2/rerank", "/reranking", "/v1/reranking"];

/** The fake's score of a text: its length in hundredths. */
const score = (text: string): number => Math.fround((text.length % 100) / 100);

/** What every object answer of one document of one character holds beside `results`. */
const envelope = {
  model: "fake-model",
  id: "call-1",
  object: "rerank",
  usage: { prompt_tokens: 1, total_tokens: 1 },
  meta: {
    api_version: { version: "2" },
    billed_units: { search_units: 1, input_tokens: 1 },
    tokens: { input_tokens: 1, output_tokens: 0 },
  },
};

interface DialectCase {
  readonly name: string;
  readonly paths: readonly string[];
  readonly body: object;
  readonly answer: unknown;
  /** What the reranker must be asked, where that is not obvious. */
  readonly asked?: object;
}

const bare = { index: 0, relevance_score: score("a") };
const withText = { ...bare, document: { text: "a" } };
const one = { query: "q", documents: ["a"] };

const cases: readonly DialectCase[] = [
  {
    name: "Jina's body without `return_documents`",
    paths: ["/v1/rerank"],
    body: { model: "fake-model", ...one, top_n: 1 },
    answer: { ...envelope, results: [withText] },
  },
  {
    name: "a body without `return_documents`",
    paths: objectPaths.filter((path) => path !== "/v1/rerank"),
    body: one,
    answer: { ...envelope, results: [bare] },
  },
  {
    name: "Xinference's booleans in quotes",
    paths: objectPaths,
    body: { ...one, return_documents: "true", return_len: "true", top_n: null },
    answer: { ...envelope, results: [withText] },
  },
  {
    name: "`return_documents` that is declined",
    paths: objectPaths,
    body: { ...one, return_documents: "False" },
    answer: { ...envelope, results: [bare] },
  },
  {
    name: "the AI SDK's body",
    paths: ["/v2/rerank"],
    body: { model: "fake-model", ...one, top_n: 1, max_tokens_per_doc: 4096, priority: 3 },
    answer: { ...envelope, results: [bare] },
    asked: { maxTokensPerDocument: 4096, topN: 1 },
  },
  {
    name: "documents that are objects",
    paths: objectPaths,
    body: { query: "q", documents: [{ text: "a", id: 7 }], return_documents: true },
    answer: { ...envelope, results: [{ ...bare, document: { text: "a", id: 7 } }] },
    asked: { documents: ["a"] },
  },
  {
    name: "Cohere's `rank_fields`",
    paths: ["/v1/rerank"],
    body: {
      query: "q",
      documents: [{ title: "a", year: 1999, body: "unread" }],
      rank_fields: ["year", "title"],
      max_chunks_per_doc: 10,
    },
    answer: {
      ...envelope,
      results: [
        {
          index: 0,
          relevance_score: score("1999\na"),
          document: { text: "1999\na", title: "a", year: 1999, body: "unread" },
        },
      ],
    },
    asked: { documents: ["1999\na"] },
  },
  {
    name: "an object whose own text is not a string",
    paths: ["/v1/rerank"],
    body: { query: "q", documents: [{ title: "a", text: null }], rank_fields: ["title"] },
    answer: { ...envelope, results: [{ ...bare, document: { title: "a", text: "a" } }] },
    asked: { documents: ["a"] },
  },
  {
    name: "vLLM's body",
    paths: ["/rerank", "/v2/rerank"],
    body: {
      ...one,
      top_n: 0,
      use_activation: false,
      truncate_prompt_tokens: -1,
      truncation_side: "left",
      max_tokens_per_doc: 0,
      max_tokens_per_query: 0,
      priority: 0,
    },
    answer: { ...envelope, results: [bare] },
    asked: {
      topN: 0,
      rawScores: true,
      truncate: true,
      truncationDirection: "left",
      maxTokensPerDocument: undefined,
    },
  },
  {
    name: "vLLM's limits of pair and query",
    paths: ["/rerank"],
    body: { ...one, truncate_prompt_tokens: 64, max_tokens_per_query: 16 },
    answer: { ...envelope, results: [bare] },
    asked: { truncate: true, maxTokensPerPair: 64, maxTokensPerQuery: 16 },
  },
  {
    name: "numbers and booleans as Pydantic takes them",
    paths: ["/rerank", "/v1/rerank"],
    body: {
      ...one,
      top_n: "1",
      return_documents: 0,
      truncate_prompt_tokens: " 64 ",
      softmax: "no",
    },
    answer: { ...envelope, results: [bare] },
    asked: { topN: 1, maxTokensPerPair: 64, rawScores: true },
  },
  {
    name: "the model that Infinity's clients name by default",
    paths: ["/rerank"],
    body: { ...one, model: "default/not-specified" },
    answer: { ...envelope, results: [bare] },
    asked: { model: undefined },
  },
  {
    name: "Cohere's body for the first version",
    paths: ["/v1/rerank"],
    body: {
      model: "fake-model",
      query: "q",
      documents: [{ text: "a" }],
      top_n: 1,
      rank_fields: ["text"],
      return_documents: false,
      max_chunks_per_doc: 10,
    },
    answer: { ...envelope, results: [bare] },
  },
  {
    name: "Jina's other fields",
    paths: ["/v1/rerank"],
    body: { ...one, truncation: true, max_doc_length: 300, return_documents: false },
    answer: { ...envelope, results: [bare] },
    asked: { truncate: true, maxTokensPerDocument: 300 },
  },
  {
    name: "text-embeddings-inference's body",
    paths: objectPaths,
    body: { query: "q", texts: ["a", "bb"] },
    answer: [
      { index: 1, score: score("bb") },
      { index: 0, score: score("a") },
    ],
    asked: { documents: ["a", "bb"], truncate: undefined, rawScores: undefined },
  },
  {
    name: "fields that text-embeddings-inference ignores, a model's name among them",
    paths: objectPaths,
    body: {
      query: "q",
      texts: ["a"],
      model: "some/other",
      truncate_prompt_tokens: 1,
      max_tokens_per_query: "x",
      max_chunks_per_doc: -1,
      use_activation: 7,
    },
    answer: [{ index: 0, score: score("a") }],
    asked: { model: undefined, rawScores: undefined, maxTokensPerPair: undefined },
  },
  {
    name: "every field of text-embeddings-inference, and LiteLLM's `top_n`",
    paths: ["/rerank"],
    body: {
      query: "q",
      texts: ["a", "long"],
      truncate: false,
      truncation_direction: "Left",
      raw_scores: true,
      return_text: true,
      top_n: 1,
    },
    answer: [{ index: 1, score: score("long"), text: "long", truncated: true }],
    asked: { truncate: false, truncationDirection: "left", rawScores: true, topN: 1 },
  },
  {
    name: "NIM's body",
    paths: ["/v1/ranking"],
    body: {
      model: "fake-model",
      query: { text: "q" },
      passages: [{ text: "a" }, { text: "bb" }],
      truncate: "NONE",
    },
    answer: {
      rankings: [
        { index: 1, logit: score("bb") },
        { index: 0, logit: score("a") },
      ],
      usage: { prompt_tokens: 2, total_tokens: 2 },
    },
    asked: { rawScores: true, truncate: false, documents: ["a", "bb"] },
  },
  {
    name: "NIM's body without `truncate`",
    paths: ["/v1/ranking"],
    body: { query: { text: "q" }, passages: [{ text: "long" }] },
    answer: {
      rankings: [{ index: 0, logit: score("long"), truncated: true }],
      usage: { prompt_tokens: 1, total_tokens: 1 },
    },
    asked: { truncate: true },
  },
];

suite("the dialects", () => {
  for (const { name, paths, body, answer, asked } of cases) {
    for (const path of paths) {
      test(`POST ${path} answers ${name}`, async (context) => {
        const { url, reranker } = await startServer(context);

        const { status, headers, text } = await postJson(`${url}${path}`, body, {
          "x-request-id": "call-1",
        });

        assert.equal(status, 200);
        assert.equal(headers["x-compute-type"], "cpu");
        const parsed = JSON.parse(text);
        delete parsed.created;
        assert.deepEqual(parsed, answer);
        const [request] = reranker.requests;
        for (const [key, value] of Object.entries(asked ?? {})) {
          assert.deepEqual(
            Object.entries(request ?? {}).find(([field]) => field === key)?.[1],
            value,
          );
        }
      });
    }
  }

  test("tell the passage that scored best, with its text where documents are returned", async (context) => {
    const { url, reranker } = await startServer(context);
    const { rerank } = reranker;
    reranker.rerank = async (request, call) => {
      const result = await rerank(request, call);
      const results = result.results.map((document) => ({
        ...document,
        passage: { start: 1, end: 3 },
      }));
      return { ...result, results };
    };
    const windows = { query: "q", long_documents: "windows" };
    const document = "a😀bc";

    const rerankBody = { ...windows, documents: [document], return_documents: true };
    const full = await postJson(`${url}/rerank`, rerankBody);
    const lean = await postJson(`${url}/v2/rerank`, { ...windows, documents: [document] });
    const tei = await postJson(`${url}/rerank`, {
      ...windows,
      texts: [document],
      return_text: true,
    });

    assert.deepEqual(JSON.parse(full.text).results[0].passage, { start: 1, end: 3, text: "😀b" });
    assert.deepEqual(JSON.parse(lean.text).results[0].passage, { start: 1, end: 3 });
    assert.deepEqual(JSON.parse(tei.text)[0].passage, { start: 1, end: 3, text: "😀b" });
    assert.equal(reranker.requests[0]?.longDocuments, "windows");
  });
});
