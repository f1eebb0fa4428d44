import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { readLines } from "../../../src/commands/files/read-input.ts";

suite("readLines()", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "read-lines-"));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function read(name: string, content: string | Uint8Array, signal?: AbortSignal) {
    const path = join(folder, name);
    await writeFile(path, content);
    const lines = [];
    for await (const line of readLines(path, signal ?? new AbortController().signal)) {
      lines.push([line.text, line.place.replace(`${folder}/`, "")]);
    }
    return lines;
  }

  test("yields the lines that are not blank, with their numbers", async () => {
    assert.deepEqual(await read("a.txt", "a\n\n b\n \nc"), [
      ["a", "a.txt:1"],
      [" b", "a.txt:3"],
      ["c", "a.txt:5"],
    ]);
  });

  test("unpacks what ends in .gz", async () => {
    // More than one chunk, with characters of three bytes across their borders.
    const lines = Array.from({ length: 20_000 }, (_line, at) => `${at} 회의 일정`);

    const found = await read("a.gz", gzipSync(lines.join("\n")));

    assert.deepEqual(
      found.map(([text]) => text),
      lines,
    );
  });

  for (const [title, name, content, message] of [
    ["bytes that are no gzip", "b.gz", "plain", /b\.gz cannot be read: it is not gzip data/],
    [
      "a gzip that is cut",
      "c.gz",
      gzipSync("a".repeat(999)).subarray(0, 12),
      /c\.gz cannot be read: its gzip data is cut short/,
    ],
    ["bytes that are not UTF-8", "d.txt", Uint8Array.of(0x41, 0xff), /is not text in UTF-8/],
  ] as const) {
    test(`names the file for ${title}`, async () => {
      await assert.rejects(read(name, content), message);
    });
  }

  test("names a file that is not there, and a folder", async () => {
    const signal = new AbortController().signal;
    await assert.rejects(
      readLines(join(folder, "no"), signal).next(),
      /no cannot be read: it does/,
    );
    await assert.rejects(readLines(folder, signal).next(), /cannot be read: it is a folder/);
  });

  test("ends with an AbortError if the signal aborts", async () => {
    await assert.rejects(read("e.txt", "a\nb", AbortSignal.abort()), { name: "AbortError" });
  });
});
