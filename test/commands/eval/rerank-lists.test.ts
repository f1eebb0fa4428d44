import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatEvalTable, reportOf } from "../../../src/commands/eval/eval-report.ts";
import { rerankLists } from "../../../src/commands/eval/rerank-lists.ts";
import type { Ranker } from "../../../src/commands/open-ranker.ts";
import { RerankError } from "../../../src/errors.ts";
import type { LabelledList, LabelledQuery } from "../../../src/evaluation/labelled-query.ts";
import type { Progress } from "../../../src/terminal/progress-bar.ts";

/** Ranks the longest text first. */
const longestFirst: Ranker = {
  async rerank({ documents }) {
    const results = documents
      .map(({ length }, index) => ({ index, relevanceScore: length, truncated: false }))
      .sort((a, b) => b.relevanceScore - a.relevanceScore);
    return { model: "longest", results, queryTruncated: false };
  },
  close: async () => {},
};

function queryOf(id: string, labels: readonly number[]): LabelledQuery {
  const candidates = labels.map((rel, at) => ({
    id: `d${at}`,
    text: "x".repeat(1 + at + 10 * rel),
    rel,
  }));
  return { id, query: "x", candidates, ideal: labels };
}

const lists: readonly LabelledList[] = [
  { name: "one", queries: [queryOf("1", [0, 0, 1]), queryOf("2", [1, 0])], skipped: 0 },
  { name: "another", queries: [queryOf("3", [0, 1])], skipped: 2 },
];

const nobody = { update() {}, done() {} };
const never = new AbortController().signal;
const options = { longDocuments: "truncate", progress: nobody, signal: never } as const;

suite("rerankLists()", () => {
  test("measures each list, and each list counts the same in the mean", async () => {
    const reranked = await rerankLists(lists, { ...options, ranker: longestFirst });
    const report = reportOf(reranked);

    assert.equal(report.model, "longest");
    assert.deepEqual(
      report.lists.map(({ name, queries, skipped }) => [name, queries, skipped]),
      [
        ["one", 2, 0],
        ["another", 1, 2],
      ],
    );
    assert.equal(report.lists[0]?.ndcg.input, (0.5 + 1) / 2);
    assert.equal(report.lists[0]?.mrr.input, (1 / 3 + 1) / 2);
    assert.equal(report.mean.mrr.input, ((1 / 3 + 1) / 2 + 1 / 2) / 2);
    assert.equal(report.mean.ndcg.reranked, 1);
    assert.equal(report.mean.mrr.reranked, 1);
    assert.deepEqual(reranked.lists[0]?.queries[1]?.ranking, [
      { queryId: "2", documentId: "d0", score: 11 },
      { queryId: "2", documentId: "d1", score: 2 },
    ]);
  });

  test("asks for logits, two queries at a time at most", async () => {
    let active = 0;
    let maxActive = 0;
    const ranker: Ranker = {
      ...longestFirst,
      async rerank(request, call) {
        assert.equal(request.rawScores, true);
        active += 1;
        maxActive = Math.max(maxActive, active);
        await new Promise((resolve) => setImmediate(resolve));
        active -= 1;
        return await longestFirst.rerank(request, call);
      },
    };

    await rerankLists(lists, { ...options, ranker });

    assert.equal(maxActive, 2);
  });

  test("shows how far it is by characters, to the end", async () => {
    const shown: Progress[] = [];
    let nowMs = 0;
    const now = () => nowMs;
    let turn: Promise<void> = Promise.resolve();
    // One query after the other, each a second.
    const ranker: Ranker = {
      ...longestFirst,
      async rerank(request, call) {
        turn = turn.then(async () => {
          await new Promise((resolve) => setImmediate(resolve));
          nowMs += 1000;
        });
        await turn;
        return await longestFirst.rerank(request, call);
      },
    };
    const progress = { update: (one: Progress) => shown.push(one), done() {} };

    await rerankLists(lists, { ...options, ranker, progress, now });

    assert.deepEqual(
      shown.map(({ numbers, label }) => [numbers.replace(/, .*/, ""), label]),
      [
        ["1 of 3 queries", "one"],
        ["2 of 3 queries", "one"],
        ["3 of 3 queries", "another"],
      ],
    );
    // 16 of 42 characters in one second leave 1.6 s.
    assert.equal(shown[0]?.share, 16 / 42);
    assert.match(shown[0]?.numbers ?? "", /, 2 s left$/);
    assert.equal(shown.at(-1)?.share, 1);
  });

  test("ends with the first error and asks for nothing more", async () => {
    let asked = 0;
    const fault = new RerankError("unavailable", "gone");
    const ranker: Ranker = {
      ...longestFirst,
      async rerank() {
        asked += 1;
        throw fault;
      },
    };
    const many = [{ name: "many", queries: Array(50).fill(queryOf("1", [0, 1])), skipped: 0 }];

    await assert.rejects(rerankLists(many, { ...options, ranker }), fault);
    assert(asked <= 2);
  });
});

suite("formatEvalTable()", () => {
  test("has a line for each list and one for the mean", async () => {
    const report = reportOf(await rerankLists(lists, { ...options, ranker: longestFirst }));

    assert.equal(
      formatEvalTable(report),
      [
        "                        nDCG@10                 MRR@10",
        "list           queries  input   BM25  reranked  input   BM25  reranked",
        "one                  2  0.750  0.750     1.000  0.667  0.667     1.000",
        "another              1  0.631  0.631     1.000  0.500  0.500     1.000",
        "mean of lists        3  0.690  0.690     1.000  0.583  0.583     1.000",
        "",
      ].join("\n"),
    );
  });

  test("needs no mean for one list", async () => {
    const report = reportOf(
      await rerankLists(lists.slice(1), { ...options, ranker: longestFirst }),
    );

    assert.doesNotMatch(formatEvalTable(report), /mean/);
  });
});
