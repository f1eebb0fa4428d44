import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { checkRequest } from "../../src/reranker/check-request.ts";
import type { RerankRequest } from "../../src/reranker/rerank-request.ts";

const limits = { maxDocuments: 3, maxDocumentChars: 5, maxQueryChars: 4 };
const served = ["main", "alias"];

const refused: {
  name: string;
  change: Partial<RerankRequest>;
  code?: string;
  field: string;
  message: RegExp;
}[] = [
  { name: "an empty query", change: { query: "" }, field: "query", message: /must not be empty/ },
  {
    name: "a long query",
    change: { query: "12345" },
    field: "query",
    message: /at most 4 characters, got: 5/,
  },
  {
    name: "an instruction for a model that takes none",
    change: { instruction: "x" },
    field: "instruction",
    message: /must not be sent: the model that is served takes none/,
  },
  {
    name: "too many documents",
    change: { documents: ["", "", "", ""] },
    field: "documents",
    message: /at most 3 documents, got: 4/,
  },
  {
    name: "a long document",
    change: { documents: ["", "123456"] },
    field: "documents[1]",
    message: /at most 5 characters, got: 6/,
  },
  {
    name: "an unknown way to read long documents",
    change: { longDocuments: "chunks" as "windows" },
    field: "long_documents",
    message: /must be `truncate` or `windows`, got: `chunks`/,
  },
  {
    name: "an unknown direction",
    change: { truncationDirection: "Left" as "left" },
    field: "truncation_direction",
    message: /must be `left` or `right`, got: `Left`/,
  },
  ...[0, -1, 1.5, Number.NaN].map((tokens) => ({
    name: `a max_tokens_per_doc of ${tokens}`,
    change: { maxTokensPerDocument: tokens },
    field: "max_tokens_per_doc",
    message: /must be a whole number of 1 or more, got:/,
  })),
  ...[Number.NaN, Number.POSITIVE_INFINITY].map((threshold) => ({
    name: `a score_threshold of ${threshold}`,
    change: { scoreThreshold: threshold },
    field: "score_threshold",
    message: /must be a finite number, got:/,
  })),
  {
    name: "a query of no tokens",
    change: { maxTokensPerQuery: 0 },
    field: "max_tokens_per_query",
    message: /must be a whole number of 1 or more, got: 0/,
  },
  {
    name: "a pair without space for text",
    change: { maxTokensPerPair: 7 },
    field: "max_tokens_per_pair",
    message: /must be a whole number of 8 or more, got: 7/,
  },
  { name: "a negative top_n", change: { topN: -1 }, field: "top_n", message: /got: -1/ },
  { name: "a fractional top_n", change: { topN: 1.5 }, field: "top_n", message: /got: 1.5/ },
  {
    name: "a model that is not served",
    change: { model: "other" },
    code: "not_found",
    field: "model",
    message: /`main`, `alias`.*got: `other`/,
  },
  {
    name: "a model name of any length, echoed in part",
    change: { model: "x".repeat(1000) },
    code: "not_found",
    field: "model",
    message: /got: `x{100}…`; the server's `--served-model-name` allows/,
  },
];

suite("checkRequest()", () => {
  test("leaves space for text beside a template's words", () => {
    const check = (maxTokensPerPair: number) => () =>
      checkRequest({ query: "q", documents: ["d"], maxTokensPerPair }, limits, served, {
        templateTokens: 60,
      });

    assert.throws(check(61), {
      field: "max_tokens_per_pair",
      message: /must be a whole number of 62 or more, got: 61/,
    });
    assert.doesNotThrow(check(62));
  });

  for (const { name, change, code = "invalid_argument", field, message } of refused) {
    test(`refuses ${name}`, () => {
      const request = { query: "q", documents: ["d"], ...change };

      assert.throws(() => checkRequest(request, limits, served), {
        name: "RerankError",
        code,
        field,
        message,
      });
    });
  }

  const accepted: readonly Partial<RerankRequest>[] = [
    {},
    { documents: [] },
    { documents: ["", "12345", "😀"] },
    { topN: 0 },
    { topN: null },
    { topN: 2 ** 31 },
    { model: "" },
    { model: null },
    { model: "alias" },
    { longDocuments: "windows", truncationDirection: "left" },
    { longDocuments: "truncate", truncationDirection: "right" },
    { maxTokensPerDocument: 1, scoreThreshold: -1e300 },
  ];
  for (const change of accepted) {
    test(`accepts ${JSON.stringify(change)}`, () => {
      assert.doesNotThrow(() =>
        checkRequest({ query: "q", documents: ["d"], ...change }, limits, served),
      );
    });
  }
});
