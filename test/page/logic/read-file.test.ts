import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { maxFileBytes, readCandidateFile } from "../../../page/src/logic/read-file.ts";

const read = (name: string, text: string) =>
  readCandidateFile(name, new TextEncoder().encode(text));

suite("readCandidateFile()", () => {
  test("reads a line each of .txt", () => {
    assert.deepEqual(read("a.TXT", "one\r\n\ntwo\n"), { documents: ["one", "two"] });
  });

  test("reads strings and objects with a text of .jsonl", () => {
    const lines = ['"one"', '{"id":7,"text":"two\\nlines"}', '{"document":"three"}'];

    assert.deepEqual(read("a.jsonl", lines.join("\n")), {
      documents: ["one", "two\nlines", "three"],
    });
  });

  test("names the line of .jsonl that holds no text", () => {
    const fault = (line: number) => ({ fault: { kind: "badLine", line } });

    assert.deepEqual(read("a.jsonl", '"one"\n\n{"text":7}'), fault(3));
    assert.deepEqual(read("a.jsonl", "{"), fault(1));
    assert.deepEqual(read("a.jsonl", "null"), fault(1));
  });

  test("reads the column of .csv that is named text, with separators and breaks in quotes", () => {
    const table = 'id,Text,note\n1,"a, ""b""\nc",x\n2,d,y\n3\n';

    assert.deepEqual(read("a.csv", table), { documents: ['a, "b"\nc', "d"], column: "Text" });
  });

  test("reads the column with the most text where none is named", () => {
    assert.deepEqual(read("a.tsv", "1\tlong text\n2\tanother"), {
      documents: ["long text", "another"],
      column: "2",
    });
  });

  test("says why a file is not taken", () => {
    const bytes = new Uint8Array([0xff, 0xfe, 0x41]);

    assert.deepEqual(readCandidateFile("a.txt", bytes), { fault: { kind: "notText" } });
    assert.deepEqual(read("a.txt", "a\0b"), { fault: { kind: "notText" } });
    for (const name of ["a.txt", "a.csv", "a.jsonl"]) {
      assert.deepEqual(read(name, "\n \n"), { fault: { kind: "empty" } }, name);
    }
    assert.deepEqual(read("a.pdf", "text"), { fault: { kind: "otherType" } });
    assert.deepEqual(readCandidateFile("a.txt", new Uint8Array(maxFileBytes + 1)), {
      fault: { kind: "tooLarge", maxBytes: maxFileBytes },
    });
  });
});
