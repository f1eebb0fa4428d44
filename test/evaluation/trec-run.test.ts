import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  formatRun,
  inRunOrder,
  parseQrelsLine,
  parseRunLine,
} from "../../src/evaluation/trec-run.ts";

suite("parseRunLine()", () => {
  test("reads the query, the document and the score, between any white space", () => {
    assert.deepEqual(parseRunLine("q1\tQ0  d7 3 -1.5e2 bm25\r", "r:1"), {
      queryId: "q1",
      documentId: "d7",
      score: -150,
    });
  });

  for (const line of ["q1 Q0 d7", "q1 Q0 d7 1 high tag", "q1 Q0 d7 1 NaN tag"]) {
    test(`refuses \`${line}\` and names the place`, () => {
      assert.throws(() => parseRunLine(line, "r:4"), /^StartupError: r:4: a line of a run must be/);
    });
  }
});

suite("inRunOrder()", () => {
  test("orders by score, and equal scores by document id, the greater first", () => {
    const entry = (documentId: string, score: number) => ({ queryId: "q", documentId, score });
    const run = [entry("a", 1), entry("b", 2), entry("c", 1)];

    assert.deepEqual(
      inRunOrder(run).map(({ documentId }) => documentId),
      ["b", "c", "a"],
    );
  });
});

test("inRunOrder() takes scores for equal that are one float32, as trec_eval does", () => {
  const entry = (documentId: string, score: number) => ({ queryId: "q", documentId, score });
  const run = [entry("a", 0.100000001), entry("b", 0.1), entry("c", 0.2)];

  assert.deepEqual(
    inRunOrder(run).map(({ documentId }) => documentId),
    ["c", "b", "a"],
  );
});

suite("formatRun()", () => {
  test("writes a line for each place, from 1", () => {
    const ranking = [
      { queryId: "q", documentId: "b", score: 2.5 },
      { queryId: "q", documentId: "a", score: -1 },
    ];

    assert.equal(formatRun(ranking, "mini"), "q Q0 b 1 2.5 mini\nq Q0 a 2 -1 mini\n");
  });

  test("writes what parseRunLine reads", () => {
    const id = fc.stringMatching(/^[!-~가-힣]+$/);
    const entry = fc.record(
      {
        queryId: id,
        documentId: id,
        score: fc.double({ noNaN: true, noDefaultInfinity: true }).map((score) => score + 0),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(entry), (ranking) => {
        const lines = formatRun(ranking, "t").split("\n").slice(0, -1);
        assert.deepEqual(
          lines.map((line) => parseRunLine(line, "r:1")),
          ranking,
        );
      }),
    );
  });
});

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

  for (const line of ["q1 d7", "q1 0 d7 yes", "q1 0 d7 1 2", "q1 0 d7 2000"]) {
    test(`refuses \`${line}\` and names the place`, () => {
      assert.throws(() => parseQrelsLine(line, "q:3"), /q:3: a line of judgments must be/);
    });
  }
});
