import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { DownloadProgress } from "../../src/models/hub/hub-download.ts";
import { createProgressDisplay, formatBytes, formatDuration } from "../../src/terminal/progress.ts";

suite("createProgressDisplay() on a terminal", () => {
  test("redraws one line, at most ten times a second", () => {
    const { stream, text } = fakeStream({ isTTY: true, columns: 80 });
    let nowMs = 0;
    const display = createProgressDisplay(stream, { env: { NO_COLOR: "1" }, now: () => nowMs });

    for (nowMs = 0; nowMs < 200; nowMs += 10) display.update(progressOf(500 + nowMs));
    display.done();

    const lines = text().split("\r\u001B[2K").slice(1);
    assert.deepEqual(lines, [
      "[############------------] 50% 500 B of 1.0 kB onnx/model.onnx",
      "[##############----------] 60% 600 B of 1.0 kB onnx/model.onnx",
      "[################--------] 69% 690 B of 1.0 kB onnx/model.onnx\n",
    ]);
  });

  test("tells the rate and the time that is left at it, once a second has shown them", () => {
    const { stream, text } = fakeStream({ isTTY: true, columns: 120 });
    let nowMs = 0;
    const display = createProgressDisplay(stream, { env: { NO_COLOR: "1" }, now: () => nowMs });
    const lefts: (string | undefined)[] = [];
    const showAt = (ms: number, bytes: number) => {
      nowMs = ms;
      display.update(progressOf(bytes));
      lefts.push(/, (.*) left/.exec(text().split("\r").at(-1) ?? "")?.[1]);
    };

    // 400 bytes are there from an earlier run.
    showAt(0, 400);
    showAt(900, 409);
    showAt(2_000, 420);
    showAt(12_000, 520);
    showAt(22_000, 970);
    showAt(24_000, 1000);

    assert.deepEqual(lefts, [
      undefined,
      undefined,
      "10 B/s, 58 s",
      "10 B/s, 48 s",
      "45 B/s, 1 s",
      undefined,
    ]);
  });

  test("keeps within the terminal's width", () => {
    const { stream, text } = fakeStream({ isTTY: true, columns: 60 });
    const display = createProgressDisplay(stream, { env: { NO_COLOR: "1" } });

    display.update(progressOf(1000));

    assert(text().replace("\r\u001B[2K", "").length < 60);
  });

  test("colours the bar unless NO_COLOR is set", () => {
    const colored = fakeStream({ isTTY: true });
    createProgressDisplay(colored.stream).update(progressOf(500));
    const bare = fakeStream({ isTTY: true });
    createProgressDisplay(bare.stream, { env: { NO_COLOR: "1" } }).update(progressOf(500));

    assert(colored.text().includes("\u001B[32m"));
    assert(!bare.text().includes("\u001B[32m"));
  });

  test("writes nothing if nothing was downloaded", () => {
    const { stream, text } = fakeStream({ isTTY: true });

    createProgressDisplay(stream).done();

    assert.equal(text(), "");
  });
});

suite("createProgressDisplay() elsewhere", () => {
  for (const [title, traits, env] of [
    ["a pipe", {}, {}],
    ["a dumb terminal", { isTTY: true }, { TERM: "dumb" }],
  ] as const) {
    test(`writes a line for each file and each 10% to ${title}`, () => {
      const { stream, text } = fakeStream(traits);
      const display = createProgressDisplay(stream, { env });

      display.update({ ...progressOf(40), file: "config.json", fileTotalBytes: 40 });
      for (let bytes = 50; bytes <= 1000; bytes += 50) display.update(progressOf(bytes));
      display.done();

      const percents = [10, 20, 30, 40, 50, 60, 70, 80, 90].map((n) => `${n}%: ${n}0 B of 1.0 kB`);
      assert.deepEqual(text().split("\n"), [
        "config.json: 40 B",
        "onnx/model.onnx: 960 B",
        ...percents,
        "100%: 1.0 kB of 1.0 kB",
        "",
      ]);
    });
  }
});

suite("formatDuration()", () => {
  for (const [ms, expected] of [
    [0, "0 s"],
    [1, "1 s"],
    [59_001, "1 min 0 s"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
  ] as const) {
    test(`writes ${ms} ms as ${expected}`, () => {
      assert.equal(formatDuration(ms), expected);
    });
  }
});

suite("formatBytes()", () => {
  for (const [bytes, expected] of [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [9_960, "10 kB"],
    [278_400_000, "278 MB"],
    [1_112_000_000, "1.1 GB"],
    [999_600, "1.0 MB"],
  ] as const) {
    test(`writes ${bytes} as ${expected}`, () => {
      assert.equal(formatBytes(bytes), expected);
    });
  }
});

function progressOf(bytes: number): DownloadProgress {
  return {
    file: "onnx/model.onnx",
    fileBytes: bytes - 40,
    fileTotalBytes: 960,
    bytes,
    totalBytes: 1000,
  };
}

function fakeStream(traits: { readonly isTTY?: boolean; readonly columns?: number }) {
  const written: string[] = [];
  const stream = { ...traits, write: (text: string) => written.push(text) };
  return { stream, text: () => written.join("") };
}
