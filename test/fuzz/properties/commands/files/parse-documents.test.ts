import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { parseDocuments } from "../../../../../src/commands/files/parse-documents.ts";
import { StartupError } from "../../../../../src/errors.ts";
import { allowing, anyJson, checkProperty, damaged, objectWith } from "../../check-property.ts";

suite("properties of parseDocuments()", () => {
  const documents = fc.array(fc.oneof(fc.string(), objectWith({ text: fc.string() })), {
    maxLength: 4,
  });
  const texts = fc.oneof(
    documents.map((list) => JSON.stringify(list)),
    documents.map((list) => list.map((document) => JSON.stringify(document)).join("\n")),
    anyJson.map((value) => JSON.stringify(value) ?? ""),
    fc.string(),
  );
  const formats = fc.constantFrom("auto", "jsonl", "lines");

  test("any bytes are documents with texts, or an error that repeats none", async () => {
    const bytes = fc.oneof(
      fc.oneof(texts, damaged(texts)).map((text) => Buffer.from(text)),
      fc.uint8Array(),
    );
    await checkProperty(
      fc.property(bytes, formats, (input, format) => {
        const found = allowing([StartupError], () =>
          parseDocuments(input, { name: "input", format: format as "auto" }),
        );
        if (found === undefined) return;
        assert(found.length > 0);
        for (const { text } of found) assert.equal(typeof text, "string");
      }),
    );
  });

  test("a list of texts comes back as it is", async () => {
    await checkProperty(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 }), (list) => {
        const input = Buffer.from(JSON.stringify(list));
        const found = parseDocuments(input, { name: "input", format: "auto" });
        assert.deepEqual(
          found.map(({ text }) => text),
          list,
        );
      }),
    );
  });
});
