import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { fixtureOf } from "../../families/families.ts";
import { runProgram } from "../../run-program.ts";

suite("rerankd eval --parity", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "parity-"));
    await cp(fixtureOf("distilbert"), folder, { recursive: true });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test("prints the largest difference of all weights in the folder", async () => {
    const { code, stdout } = await runProgram(["eval", "--parity", folder, "--threads=1"]);

    assert.equal(code, 0);
    const [head = "", , ...rows] = stdout.trimEnd().split("\n");
    assert.match(head, /^60 pairs, against sentence-transformers \S+ CrossEncoder, transformers/);
    assert.deepEqual(
      rows.map((row) => row.split(/\s+/)[0]),
      ["fp32", "int8"],
    );
    assert(Number(rows[0]?.split(/\s+/)[1]) <= 1e-4, rows[0]);
  });

  test("fails where the logits of fp32 are others, and measures only the weights asked for", async () => {
    const path = join(folder, "parity.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/"logit": [-\d.]+/, '"logit": 99'));

    const wrong = await runProgram(["eval", "--parity", folder, "--dtype=fp32", "--json"]);

    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /logits of fp32 differ from the reference's by up to 100/);
    const { largest_difference: found, pairs } = JSON.parse(wrong.stdout);
    assert.deepEqual([Object.keys(found), pairs], [["fp32"], 60]);
  });

  for (const [title, name, message] of [
    ["a folder without a parity.json", "test", /cannot read .*parity\.json/],
    ["a parity.json that is none", "", /parity\.json: `reference` must be a text/],
  ] as const) {
    test(`refuses ${title}`, async () => {
      if (name === "") await writeFile(join(folder, "parity.json"), "{}");

      const { code, stderr } = await runProgram(["eval", "--parity", join(folder, name)]);

      assert.equal(code, 1);
      assert.match(stderr, message);
    });
  }
});
