import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { chooseCoding } from "../../../src/server/http/content-coding.ts";

suite("chooseCoding()", () => {
  for (const [header, coding] of [
    [undefined, "identity"],
    ["", "identity"],
    ["gzip", "gzip"],
    ["br", "br"],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip, deflate", "gzip"],
    ["deflate, zstd", "identity"],
    ["GZIP", "gzip"],
    ["x-gzip", "gzip"],
    ["*", "br"],
    ["br;q=0, *", "gzip"],
    ["gzip;q=1.0, br;q=0.5", "gzip"],
    ["br ; q=0.2 , gzip ; Q=0.3", "gzip"],
    ["gzip;q=0", "identity"],
    ["gzip;q=0.000, br;q=0.001", "br"],
    ["identity", "identity"],
    ["identity;q=0.5, gzip;q=0.2", "identity"],
    ["identity;q=0.5, gzip;q=0.5", "gzip"],
    ["identity;q=0, *;q=0", "identity"],
    ["gzip;q=2", "identity"],
    ["gzip;q=abc, br;level=3", "identity"],
    [",,gzip,,", "gzip"],
  ] as const) {
    test(`takes ${coding} for ${header === undefined ? "no header" : `\`${header}\``}`, () => {
      assert.equal(chooseCoding(header), coding);
    });
  }

  test("reads a long header in time that grows with its length alone", () => {
    const header = `gzip${" ".repeat(100_000)}x`;
    const start = performance.now();
    assert.equal(chooseCoding(header), "identity");
    assert(performance.now() - start < 1_000);
  });
});
