import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseQrelsLine } from "../../src/evaluation/qrels.ts";

suite("parseQrelsLine()", () => {
  for (const [title, line, expected] of [
    ["TREC's columns", "q1 0 d7 2", { queryId: "q1", documentId: "d7", rel: 2 }],
    ["BEIR's columns", "q1\td7\t1\r", { queryId: "q1", documentId: "d7", rel: 1 }],
    ["a label below 0", "q1 0 d7 -2", { queryId: "q1", documentId: "d7", rel: -2 }],
    ["the head of BEIR's files as none", "query-id\tcorpus-id\tscore", undefined],
  ] as const) {
    test(`reads ${title}`, () => {
      assert.deepEqual(parseQrelsLine(line, "q:1"), expected);
    });
  }

  for (const line of ["q1 d7", "q1 0 d7 yes", "q1 0 d7 1 2"]) {
    test(`refuses \`${line}\` and names the place`, () => {
      assert.throws(() => parseQrelsLine(line, "q:3"), /q:3: a line of judgments must be/);
    });
  }
});
