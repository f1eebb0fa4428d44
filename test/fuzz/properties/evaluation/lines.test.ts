import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { StartupError } from "../../../../src/errors.ts";
import { parseLabelledQuery } from "../../../../src/evaluation/labelled-query.ts";
import { parseTextLine } from "../../../../src/evaluation/list-of-run.ts";
import {
  formatRun,
  inRunOrder,
  parseQrelsLine,
  parseRunLine,
} from "../../../../src/evaluation/trec-run.ts";
import { allowing, anyJson, checkProperty, damaged, objectWith } from "../check-property.ts";

const place = "file:1";
const word = fc.stringMatching(/^[!-~]{1,8}$/);

suite("properties of the lines of evaluations", () => {
  test("a line of a run is an entry with a finite score, or an error", async () => {
    const lines = fc
      .tuple(word, word, fc.double())
      .map(([query, document, score]) => `${query} Q0 ${document} 1 ${score} tag`);
    await checkProperty(
      fc.property(fc.oneof(lines, damaged(lines), fc.string()), (line) => {
        const entry = allowing([StartupError], () => parseRunLine(line, place));
        if (entry !== undefined) assert(Number.isFinite(entry.score));
      }),
    );
  });

  test("a run that is written is read as it was", async () => {
    const score = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    const entries = fc.array(fc.record({ queryId: word, documentId: word, score }));
    await checkProperty(
      fc.property(entries, (ranking) => {
        const ordered = inRunOrder(ranking);
        const lines = formatRun(ordered, "tag").split("\n").slice(0, -1);
        assert.deepEqual(
          lines.map((line) => parseRunLine(line, place)),
          ordered.map((entry) => ({ ...entry, score: Number(String(entry.score)) })),
        );
      }),
    );
  });

  test("a line of judgments is one with a finite label, a head line, or an error", async () => {
    const lines = fc
      .tuple(word, word, fc.integer())
      .map(([query, doc, rel]) => `${query} 0 ${doc} ${rel}`);
    await checkProperty(
      fc.property(fc.oneof(lines, damaged(lines), fc.string()), (line) => {
        const judgment = allowing([StartupError], () => parseQrelsLine(line, place));
        if (judgment !== undefined) assert(Number.isFinite(judgment.rel));
      }),
    );
  });

  test("a labelled query is whole, or an error", async () => {
    const candidate = objectWith({
      id: word,
      text: fc.string(),
      rel: fc.nat(3),
      score: fc.double(),
    });
    const queries = objectWith({
      qid: word,
      query: fc.string(),
      cands: fc.array(candidate, { maxLength: 3 }),
      all_rel: fc.array(fc.nat(3)),
    });
    const lines = queries.map((query) => JSON.stringify(query));
    await checkProperty(
      fc.property(fc.oneof(lines, damaged(lines)), (line) => {
        const query = allowing([StartupError], () => parseLabelledQuery(line, place));
        for (const { id, text } of query?.candidates ?? []) {
          assert.equal(typeof id, "string");
          assert.equal(typeof text, "string");
        }
      }),
      500,
    );
  });

  test("a line of a text has an id and a text, or is an error", async () => {
    const objects = objectWith({ _id: word, text: fc.string(), title: fc.string() });
    const lines = fc.oneof(
      objects.map((value) => JSON.stringify(value)),
      fc.tuple(word, fc.string()).map(([id, text]) => `${id}\t${text}`),
      anyJson.map((value) => JSON.stringify(value) ?? ""),
    );
    await checkProperty(
      fc.property(fc.oneof(lines, damaged(lines), fc.string()), (line) => {
        const entry = allowing([StartupError], () => parseTextLine(line, place));
        if (entry !== undefined) assert.equal(typeof entry.text, "string");
      }),
    );
  });
});
