import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { suite, test } from "node:test";
import { dtypesOf, type FixtureDtype, families, fixtureOf } from "./families.ts";
import { readFamiliesTable, shortReference } from "./families-table.ts";
import { measureFamily, readFixtureParity } from "./measure-family.ts";

/** How far a logit may be from the reference's. Fewer bits are coarser, and so small models more so. */
const tolerances: Readonly<Record<FixtureDtype, number>> = { fp32: 1e-4, fp16: 0.02, int8: 1 };

/** Of scores, which are float32. */
const scoreTolerance = 1e-6;

const documented = readFamiliesTable();

/** How much larger a difference may be than the table of docs/models.md has it: processors round differently. */
const roundingFactor = 10;

suite("every family has a fixture that is compared", () => {
  test("and no other fixture is there", () => {
    assert.deepEqual(
      families.map(({ name }) => name).toSorted(),
      readdirSync(fixtureOf(".")).toSorted(),
    );
  });

  test("and docs/models.md has its reference and its weights", async () => {
    const expected = await Promise.all(
      families.map(async ({ name }) => {
        const { reference } = await readFixtureParity(name);
        return [name, shortReference(reference), dtypesOf(name)];
      }),
    );
    assert.deepEqual(
      documented.map(({ name, reference, differences }) => [
        name,
        reference,
        Object.keys(differences),
      ]),
      expected,
    );
  });

  for (const { name } of families) {
    test(`${name}: 60 pairs with logits that differ`, async () => {
      const { cases } = await readFixtureParity(name);

      assert.equal(cases.length, 60);
      assert(new Set(cases.map(({ logit }) => logit.toFixed(3))).size > 40);
    });
  }
});

suite("a server gives the reference's logits", () => {
  for (const { name } of families) {
    for (const dtype of dtypesOf(name)) {
      test(`${name}, ${dtype}`, async () => {
        const { parity, logits, scores, cut, largest, worst } = await measureFamily(name, dtype);

        const { query, logit } = parity.cases[worst] ?? {};
        assert(
          largest <= tolerances[dtype],
          `${query?.slice(0, 40)}: got ${logits[worst]}, the reference says ${logit}`,
        );
        const row = documented.find((entry) => entry.name === name);
        const said = row?.differences[dtype] ?? 0;
        if (dtype === "fp32")
          assert(largest <= said * roundingFactor, `docs/models.md has ${said}`);
        // One in each language is too long.
        assert(cut >= 12, `${cut} documents were cut`);
        // The score is the sigmoid of the logit that the pair has alone.
        if (dtype !== "fp32") return;
        for (const [at, score] of scores.entries()) {
          const expected = 1 / (1 + Math.exp(-(parity.cases[at]?.logit ?? Number.NaN)));
          assert(Math.abs(score - expected) <= tolerances.fp32 + scoreTolerance);
        }
      });
    }
  }
});
