import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { RerankError } from "../../../../../src/errors.ts";
import { HttpError } from "../../../../../src/server/http/http-error.ts";
import { decodeJson } from "../../../../../src/server/http/json-fields.ts";
import {
  checkJsonContentType,
  parseDeadlineHeader,
} from "../../../../../src/server/http/json-route.ts";
import {
  documentAnswerOf,
  readDocuments,
  readRankingOptions,
} from "../../../../../src/server/http/ranking-fields.ts";
import {
  allowing,
  anyJson,
  checkProperty,
  damaged,
  objectWith,
  secret,
} from "../../check-property.ts";

const refusals = [HttpError, RerankError];

suite("properties of the fields of a request", () => {
  test("bytes are JSON, or an error that repeats nothing of them", async () => {
    const texts = anyJson.map((value) => JSON.stringify(value) ?? "");
    const bytes = fc.oneof(
      texts.map((text) => Buffer.from(text)),
      damaged(texts).map((text) => Buffer.from(text)),
      fc.uint8Array(),
    );
    await checkProperty(
      fc.property(bytes, (body) => {
        allowing([HttpError], () => decodeJson(body));
      }),
    );
  });

  test("documents are texts, or an error that repeats none of them", async () => {
    const document = fc.oneof(fc.constant(secret), objectWith({ text: fc.constant(secret) }));
    const bodies = objectWith({
      documents: fc.array(document, { maxLength: 3 }),
      rank_fields: fc.constantFrom(["text"], ["a", "text"], []),
    });
    await checkProperty(
      fc.property(bodies, (fields) => {
        // Errors name the field, also where it has the name of a text.
        fc.pre(!JSON.stringify(fields.rank_fields ?? "").includes(secret));
        const texts = allowing(refusals, () => readDocuments(fields));
        if (texts === undefined) return;
        const documents = fields.documents as readonly unknown[];
        assert.equal(texts.length, documents.length);
        texts.forEach((text, index) => {
          assert.equal(typeof text, "string");
          JSON.stringify(documentAnswerOf(documents[index], text));
        });
      }),
    );
  });

  test("a document that is nested too deeply to be printed is refused", async () => {
    await checkProperty(
      fc.property(fc.integer({ min: 101, max: 20_000 }), (depth) => {
        const nested: unknown = JSON.parse("[".repeat(depth) + "]".repeat(depth));
        const fields = { documents: [{ text: "a", nested }] };
        assert.equal(
          allowing([RerankError], () => readDocuments(fields)),
          undefined,
        );
      }),
      20,
    );
  });

  test("options are of their types, or an error", async () => {
    const bodies = objectWith({
      top_n: fc.oneof(fc.nat(10), fc.nat(10).map(String), fc.constantFrom(" 7 ", "1e3", "0x1")),
      model: fc.oneof(fc.string(), fc.constant("default/not-specified")),
      raw_scores: fc.oneof(fc.boolean(), fc.constantFrom("yes", "off", 0, 1, 2)),
      use_activation: fc.boolean(),
      truncate: fc.constantFrom(true, "false"),
      truncation_side: fc.constantFrom("left", "Right"),
      long_documents: fc.constantFrom("windows", "truncate"),
      max_tokens_per_doc: fc.nat(),
      max_chunks_per_doc: fc.nat(5),
      max_tokens_per_query: fc.nat(),
      truncate_prompt_tokens: fc.integer(),
      score_threshold: fc.double(),
    });
    await checkProperty(
      fc.property(bodies, (fields) => {
        // No field of these holds a text.
        const read = () => readRankingOptions(fields);
        const options = allowing([RerankError], read, { mayRepeat: true });
        const { maxTokensPerPair = 8 } = options ?? {};
        assert(Number.isInteger(maxTokensPerPair) && maxTokensPerPair >= 8);
        const topN = options?.topN ?? 0;
        assert(Number.isInteger(topN) && topN >= 0);
      }),
    );
  });

  test("a deadline is at least a millisecond and at most what is allowed, or an error", async () => {
    const headers = fc.oneof(fc.nat().map(String), fc.string(), fc.constant(undefined));
    await checkProperty(
      fc.property(headers, fc.integer({ min: 1, max: 2 ** 31 }), (header, maxMs) => {
        const timeoutMs = allowing([RerankError], () => parseDeadlineHeader(header, maxMs));
        if (timeoutMs !== undefined) assert(timeoutMs >= 1 && timeoutMs <= maxMs);
      }),
    );
  });

  test("a content type is JSON, or an error", async () => {
    const headers = damaged(fc.constant("application/json; charset=utf-8"));
    await checkProperty(
      fc.property(fc.oneof(headers, fc.string()), (header) => {
        allowing([HttpError], () => checkJsonContentType(header));
      }),
    );
  });
});
