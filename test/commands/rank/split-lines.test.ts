import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { isBlank, splitLines, withoutStart } from "../../../src/commands/rank/split-lines.ts";

async function* chunksOf(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function linesOf(texts: readonly string[], maxBytes = 100, from = { line: 0, offset: 0 }) {
  const lines = [];
  for await (const line of splitLines(chunksOf(...texts), { maxBytes, from })) lines.push(line);
  return lines.map(({ number, offset, end, length, bytes }) => [
    number,
    offset,
    end,
    length,
    bytes && Buffer.from(bytes).toString(),
  ]);
}

suite("splitLines()", () => {
  test("says where each line stands, wherever chunks end", async () => {
    const expected = [
      [1, 0, 3, 2, "ab"],
      [2, 3, 4, 0, ""],
      [3, 4, 8, 3, "회"],
      [4, 8, 9, 1, "c"],
    ];
    assert.deepEqual(await linesOf(["ab\n\n회\nc"]), expected);
    assert.deepEqual(await linesOf(["a", "b", "\n", "\n회", "\n", "c"]), expected);
  });

  test("counts on from where it is told that the bytes begin", async () => {
    const from = { line: 4, offset: 100 };
    assert.deepEqual(await linesOf(["ab\n"], 100, from), [[5, 100, 103, 2, "ab"]]);
  });

  test("keeps nothing of a line that is too long, and goes on after it", async () => {
    assert.deepEqual(await linesOf(["a\nbbb", "bbb\nccc\n"], 3), [
      [1, 0, 2, 1, "a"],
      [2, 2, 9, 6, undefined],
      [3, 9, 13, 3, "ccc"],
    ]);
  });

  test("has no line for no bytes, nor after the last newline", async () => {
    assert.deepEqual(await linesOf([]), []);
    assert.deepEqual(await linesOf(["", "a\n", ""]), [[1, 0, 2, 1, "a"]]);
  });
});

suite("withoutStart()", () => {
  test("leaves out bytes across chunks", async () => {
    const rest: Uint8Array[] = [];
    for await (const chunk of withoutStart(chunksOf("ab", "cd", "ef"), 3)) rest.push(chunk);
    assert.equal(Buffer.concat(rest).toString(), "def");
  });
});

suite("isBlank()", () => {
  const line = (text: string) => ({
    ...{ number: 1, offset: 0, end: 0 },
    length: text.length,
    bytes: Buffer.from(text),
  });

  test("is true of white space, and of nothing else", () => {
    assert.deepEqual(["", " \t\r", "a", "{}"].map(line).map(isBlank), [true, true, false, false]);
    assert.equal(isBlank({ ...line("aaa"), bytes: undefined }), false);
  });
});
