import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Contender } from "../../../../bench/contenders/contender.ts";
import {
  compareWithBest,
  requireExactScores,
  shortReason,
} from "../../../../bench/figures/contest/peers.ts";
import {
  type Peer,
  type PeerRecord,
  runPeerRounds,
} from "../../../../bench/figures/contest/peers-rounds.ts";

const request = { query: "q", documents: ["a", "b"] };
const corpora = { load: [request, request], short: [request], large: request };
const options = { rounds: 2, seed: 1, check: () => {}, log: () => {} };

/** A contender that fails at its nth request, and that counts how often it was stopped. */
function fake(name: string, { failsAt = Number.POSITIVE_INFINITY, starts = true } = {}) {
  let requests = 0;
  const stopped = { times: 0 };
  const contender: Contender = {
    name,
    dtype: "fp32",
    async start() {
      if (!starts) throw new Error(`${name} is not built`);
      return {
        async rerank({ documents }) {
          requests += 1;
          if (requests >= failsAt) throw new Error(`HTTP 500 at request ${requests}`);
          return documents.map((_, index) => index);
        },
        async stop() {
          stopped.times += 1;
        },
      };
    },
  };
  return { contender, stopped };
}

const ownFake = fake("rerankd fp32");
const own: Peer = { contender: ownFake.contender, kind: "own" };
const server = (contender: Contender): Peer => ({ contender, kind: "server" });

suite("runPeerRounds()", () => {
  test("measures each contender once a round, and keeps its scores", async () => {
    const other = fake("other");
    const { records, leftOut } = await runPeerRounds(
      [own, server(other.contender)],
      corpora,
      options,
    );
    assert.deepEqual(leftOut, []);
    for (const record of records) {
      assert.equal(record.documentsPerSecond.length, 2);
      assert.equal(record.shortMs.length, 2);
      assert.equal(record.largeSeconds.length, 2);
      assert.deepEqual(record.scores, [
        [0, 1],
        [0, 1],
      ]);
    }
    assert.equal(other.stopped.times, 1);
  });

  test("leaves a peer out with its reason: not built, no scores, or a failure in a round", async () => {
    const absent = fake("absent", { starts: false });
    const mute = fake("mute", { failsAt: 1 });
    // Two requests for the scores, four in the first round.
    const late = fake("late", { failsAt: 8 });
    const logged: string[] = [];
    const peers = [absent, mute, late].map(({ contender }) => server(contender));
    const { records, leftOut } = await runPeerRounds([own, ...peers], corpora, {
      ...options,
      log: (text) => logged.push(text),
    });
    assert.deepEqual(
      records.map(({ name }) => name),
      ["rerankd fp32"],
    );
    assert.deepEqual(
      leftOut.map(({ name, reason }) => [name, reason]),
      [
        ["absent", "absent is not built"],
        ["mute", "it could not score the corpus: HTTP 500 at request 1"],
        ["late", "HTTP 500 at request 8"],
      ],
    );
    for (const { name, reason } of leftOut)
      assert.ok(logged.includes(`${name} is left out: ${reason}`));
    assert.deepEqual([mute.stopped.times, late.stopped.times], [1, 1]);
  });

  test("rejects if this project's own server fails, and stops the others", async () => {
    const broken = fake("rerankd fp32", { failsAt: 4 });
    const other = fake("other");
    const peers = [server(other.contender), { contender: broken.contender, kind: "own" as const }];
    await assert.rejects(runPeerRounds(peers, corpora, options), /HTTP 500/);
    assert.equal(other.stopped.times, 1);
  });

  test("rejects before the rounds if the check throws", async () => {
    const other = fake("other");
    const check = () => {
      throw new Error("other scores");
    };
    const run = runPeerRounds([server(other.contender)], corpora, { ...options, check });
    await assert.rejects(run, /other scores/);
    assert.equal(other.stopped.times, 1);
  });
});

const recordOf = (name: string, values: Partial<PeerRecord> = {}): PeerRecord => ({
  name,
  dtype: "fp32",
  kind: "server",
  documentsPerSecond: [4, 4, 4],
  shortMs: [100, 100, 100],
  largeSeconds: [10, 10, 10],
  scores: [[0, 1]],
  ...values,
});

suite("requireExactScores()", () => {
  const bare = recordOf("bare fp32");
  const off = [[0, 1.1]];

  test("fails for a contender that computes fp32 exactly, and names it", () => {
    const records = [bare, recordOf("rerankd fp32", { scores: off })];
    assert.throws(() => requireExactScores(records), /rerankd fp32 disagrees/);
    assert.throws(
      () => requireExactScores([bare, recordOf("infinity", { scores: off })]),
      /infinity/,
    );
  });

  test("lets others differ", () => {
    requireExactScores([
      bare,
      recordOf("rerankd fp32"),
      recordOf("llama.cpp f32", { scores: off }),
    ]);
  });
});

suite("compareWithBest()", () => {
  test("takes the best server of each measure, round by round", () => {
    const fast = recordOf("fast", { documentsPerSecond: [2, 1, 4], largeSeconds: [40, 40, 40] });
    const quick = recordOf("quick", {
      documentsPerSecond: [1, 1, 1],
      shortMs: [150, 120, 90],
      largeSeconds: [30, 20, 25],
    });
    assert.deepEqual(compareWithBest(recordOf("rerankd fp32"), [fast, quick]), {
      load_ratio: 2,
      best_at_load: "fast",
      short_ratio: 1,
      best_at_short: "fast",
      large_ratio: 2.5,
      best_at_large: "quick",
    });
  });

  test("says nothing where no server ran", () => {
    assert.equal(compareWithBest(recordOf("rerankd fp32"), []), undefined);
  });
});

suite("shortReason()", () => {
  test("keeps the first line and the error of the log, without the folder of this clone", () => {
    const reason = [
      "/home/me/rerankd/.cache/bench/tei/router did not start: it ended",
      "INFO: starting",
      "  ValueError: no file /home/me/rerankd/model",
      "bye",
    ];
    assert.equal(
      shortReason(reason.join("\n"), "/home/me/rerankd"),
      ".cache/bench/tei/router did not start: it ended: ValueError: no file model",
    );
    assert.equal(shortReason("it is not built", "/home/me/rerankd"), "it is not built");
  });

  test("is not longer than a report can take", () => {
    assert.equal([...shortReason("x".repeat(1000), "/home")].length, 301);
  });
});
