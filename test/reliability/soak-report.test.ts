import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { judge, linesOf, type SoakFigures, type SoakSample } from "./soak-report.ts";

const tally = { sent: 100, answered: 90, refused: 10, unreached: 0, lost: 0 };

function samplesOf(change: (minutes: number) => Partial<SoakSample>): SoakSample[] {
  return Array.from({ length: 90 }, (_, index) => {
    const minutes = (index + 1) / 6;
    const flat = { rssBytes: 2e8, heapBytes: 1e7, externalBytes: 1e6, handles: 8, descriptors: 35 };
    return { minutes, ...flat, sockets: 8, ...change(minutes) };
  });
}

function figuresOf(change: Partial<SoakFigures> = {}): SoakFigures {
  const samples = samplesOf(() => ({}));
  return { minutes: 15, acts: 300, crashes: 14, status: 0, tally, samples, ...change };
}

suite("judge()", () => {
  test("passes a server that grows only while it warms up", () => {
    const samples = samplesOf((minutes) => ({ rssBytes: 2e8 + Math.min(minutes, 4) * 1e7 }));
    const verdict = judge(figuresOf({ samples }));

    assert.equal(verdict.passed, true);
    assert.deepEqual([verdict.rssMb, verdict.rssMbPer10Minutes], [[240, 240], 0]);
    assert.match(linesOf(verdict).at(-1) ?? "", /\| 240 → 240 MB \| 0 MB \|.*\| passed \|$/);
  });

  for (const [what, change] of [
    ["leaks memory", { samples: samplesOf((minutes) => ({ rssBytes: 2e8 + minutes * 2e5 })) }],
    ["leaks descriptors", { samples: samplesOf((minutes) => ({ descriptors: 35 + minutes })) }],
    ["leaks handles", { samples: samplesOf((minutes) => ({ handles: 8 + minutes })) }],
    ["loses a call", { tally: { ...tally, lost: 1 } }],
    ["does not end well", { status: "SIGABRT" }],
    ["told nothing", { samples: [] }],
  ] as const) {
    test(`fails a server that ${what}`, () => {
      assert.equal(judge(figuresOf(change)).passed, false);
    });
  }
});
