import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type JudgedRun, listOfRun, parseTextLine } from "../../src/evaluation/list-of-run.ts";

const run: JudgedRun = {
  name: "bm25",
  entries: [
    { queryId: "q1", documentId: "d1", score: 1 },
    { queryId: "q1", documentId: "d2", score: 2 },
    { queryId: "q2", documentId: "d2", score: 1 },
    { queryId: "q3", documentId: "d1", score: 1 },
  ],
  judgments: [
    { queryId: "q1", documentId: "d1", rel: 1 },
    { queryId: "q1", documentId: "d9", rel: 2 },
    { queryId: "q2", documentId: "d2", rel: 0 },
    { queryId: "q3", documentId: "d9", rel: 1 },
    { queryId: "q4", documentId: "d1", rel: 1 },
  ],
  queries: new Map([
    ["q1", "first"],
    ["q2", "second"],
    ["q3", "third"],
  ]),
  documents: new Map([
    ["d1", "one"],
    ["d2", "two"],
  ]),
};

suite("listOfRun()", () => {
  test("labels the candidates in the run's order and leaves out what nothing is relevant to", () => {
    assert.deepEqual(listOfRun(run), {
      name: "bm25",
      queries: [
        {
          id: "q1",
          query: "first",
          candidates: [
            { id: "d2", text: "two", rel: 0 },
            { id: "d1", text: "one", rel: 1 },
          ],
          ideal: [1, 2],
        },
        { id: "q3", query: "third", candidates: [{ id: "d1", text: "one", rel: 0 }], ideal: [1] },
      ],
      skipped: 1,
    });
  });

  test("names a text that is missing, and where it should be", () => {
    const without = (changes: Partial<JudgedRun>) => () => listOfRun({ ...run, ...changes });

    assert.throws(without({ queries: new Map() }), /query `q1`, which is not in --queries/);
    assert.throws(without({ documents: new Map() }), /document `d2`, which is not in --corpus/);
  });
});

suite("parseTextLine()", () => {
  for (const [title, line, id, text] of [
    ["two columns", "d1\ta red apple\r", "d1", "a red apple"],
    ["further columns", "d1\tApples\tare red", "d1", "Apples are red"],
    ["an empty text", "d1\t", "d1", ""],
    ["BEIR's document", '{"_id":"d1","title":"Apples","text":"are red"}', "d1", "Apples are red"],
    ["BEIR's query", '{"_id":"q1","text":"red fruit"}', "q1", "red fruit"],
    ["other names", '{"id":7,"contents":"are red"}', "7", "are red"],
  ] as const) {
    test(`reads ${title}`, () => {
      assert.deepEqual(parseTextLine(line, "c:1"), { id, text });
    });
  }

  for (const line of ["d1 a red apple", '{"_id":"d1"}', "{", "\ttext"]) {
    test(`refuses \`${line.trim()}\` and names the place`, () => {
      assert.throws(() => parseTextLine(line, "c:9"), /StartupError: c:9: /);
    });
  }
});
