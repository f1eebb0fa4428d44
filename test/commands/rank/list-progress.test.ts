import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createListProgress } from "../../../src/commands/rank/list-progress.ts";
import { createProgressBar } from "../../../src/terminal/progress-bar.ts";

/** A terminal that keeps what is drawn, and a clock that a test turns. */
function createTerminal() {
  let ms = 0;
  const drawn: string[] = [];
  const now = () => ms;
  const bar = createProgressBar(
    { isTTY: true, columns: 200, write: (text) => drawn.push(text) },
    { env: { NO_COLOR: "1" }, now },
  );
  return {
    bar,
    now,
    drawn,
    pass: (passedMs: number) => {
      ms += passedMs;
    },
  };
}

const noCounts = { ranked: 0, refused: 0, documents: 0 };

suite("createListProgress()", () => {
  test("tells how many lists, how fast, and how long the rest takes", () => {
    const { bar, now, drawn, pass } = createTerminal();
    const start = { startBytes: 0, startCounts: noCounts };
    const show = createListProgress({ bar, now, label: "lists", totalBytes: 4_000, ...start });
    pass(10_000);
    show(1_000, { ranked: 999, refused: 1, documents: 20_000 });

    assert.match(drawn.at(-1) ?? "", /25% 1,000 lists, 2,000 documents\/s, 30 s left lists$/);
  });

  test("counts the speed of this run alone where it goes on with another", () => {
    const { bar, now, drawn, pass } = createTerminal();
    const startCounts = { ranked: 500, refused: 0, documents: 5_000 };
    const start = { startBytes: 2_000, startCounts };
    const show = createListProgress({ bar, now, label: "lists", totalBytes: 4_000, ...start });
    pass(10_000);
    show(3_000, { ranked: 600, refused: 0, documents: 6_000 });

    assert.match(drawn.at(-1) ?? "", /75% 600 lists, 100 documents\/s, 10 s left lists$/);
  });

  test("shows no share of an input whose size nobody knows", () => {
    const { bar, now, drawn, pass } = createTerminal();
    const start = { startBytes: 0, startCounts: noCounts };
    const show = createListProgress({ bar, now, label: "-", totalBytes: undefined, ...start });
    pass(1_000);
    show(1_000, { ranked: 3, refused: 0, documents: 30 });

    assert.match(drawn.at(-1) ?? "", /K3 lists, 30 documents\/s$/);
  });
});
