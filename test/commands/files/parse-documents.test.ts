import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type InputFormat, parseDocuments } from "../../../src/commands/files/parse-documents.ts";
import { StartupError } from "../../../src/errors.ts";

function parse(text: string | Uint8Array, format: InputFormat = "auto") {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return parseDocuments(bytes, { name: "notes", format });
}

suite("parseDocuments()", () => {
  for (const [title, text, expected] of [
    ["lines without blank ones", "a b\r\n\n  \nc\n", [{ text: "a b" }, { text: "c" }]],
    ["JSON strings", '"a"\n"b\\nc"\n', [{ text: "a" }, { text: "b\nc" }]],
    [
      "JSON objects with their ids",
      '{"id":7,"text":"a"}\n\n{"_x":1,"text":"b"}',
      [{ text: "a", id: 7 }, { text: "b" }],
    ],
    ["a JSON list", '[ "a",\n {"text": "b", "id": "x"}]', [{ text: "a" }, { text: "b", id: "x" }]],
    ["a byte order mark as none", "\uFEFFa", [{ text: "a" }]],
    [
      "lines that only begin like JSON",
      '[todo] a\n"b" c',
      [{ text: "[todo] a" }, { text: '"b" c' }],
    ],
    ["a quoted line among others", '"a"\nb', [{ text: '"a"' }, { text: "b" }]],
  ] as const) {
    test(`reads ${title}`, () => {
      assert.deepEqual(parse(text), expected);
    });
  }

  test("reads every line as a document where that is asked for", () => {
    assert.deepEqual(parse('{"text":"a"}\n', "lines"), [{ text: '{"text":"a"}' }]);
  });

  for (const [title, text, format, message] of [
    ["nothing", " \n\n", "auto", /^notes holds no document$/],
    ["an empty list", "[]", "auto", /^notes holds no document$/],
    ["a NUL", "a\0b", "auto", /^notes is not text: it has a NUL character$/],
    ["bytes that are not UTF-8", Uint8Array.of(0xff, 0xfe, 0x41), "auto", /is not text in UTF-8$/],
    ["a list with something else", '["a", 7]', "auto", /^notes: element 1 is neither a string nor/],
    ["a broken line among JSON lines", '{"text":"a"}\n\n{"text":', "auto", /^notes:3: neither a/],
    ["an object without text", '{"text":"a"}\n{"body":"b"}', "auto", /^notes:2: neither a/],
    ["a line that is none of the JSON lines", '"a"\nb', "jsonl", /^notes:2: neither a JSON string/],
  ] as const) {
    test(`refuses ${title}`, () => {
      assert.throws(
        () => parse(text, format),
        (error) => error instanceof StartupError && message.test(error.message),
      );
    });
  }
});
