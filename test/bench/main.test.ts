import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { suite, test } from "node:test";
import { packageRoot } from "../server-process.ts";

suite("the benchmark's command line", () => {
  for (const [title, words, message] of [
    [
      "an unknown figure",
      ["--figure", "nosuch"],
      /^error: --figure must be one of .*got: `nosuch`\n$/,
    ],
    ["a number that is none", ["--rounds", "0"], /^error: --rounds must be a whole number.*\n$/],
    [
      "unknown weights beside known ones",
      ["--dtype=int8", "--dtype", "int4"],
      /^error: --dtype must be one of fp32, int8, got: `int4`\n$/,
    ],
    [
      "an unknown contender",
      ["--without", "torch"],
      /^error: --without must be one of .*got: `torch`\n$/,
    ],
    ["an unknown option", ["--nosuch"], /^error: Unknown option '--nosuch'/],
  ] as const) {
    test(`names ${title} in one line and ends with 2`, () => {
      const main = join(packageRoot, "dist", "bench", "main.js");
      const { status, stderr } = spawnSync(process.execPath, [main, ...words], {
        encoding: "utf8",
      });

      assert.match(stderr, message);
      assert.equal(status, 2);
    });
  }
});
