import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { licenseNotice, readLicense } from "../../src/models/license.ts";
import { makeTempFolder, writeFiles } from "./tiny-model.ts";

const cards: readonly (readonly [string, string, string | undefined])[] = [
  ["a licence", "---\nlicense: cc-by-nc-4.0\n---\n", "cc-by-nc-4.0"],
  ["a quoted licence", '---\r\ntags: [a]\r\nlicense: "MIT"\r\n---\r\n', "mit"],
  ["no front matter", "# Model\nlicense: mit\n", undefined],
  ["front matter without a licence", "---\ntags: [a]\n---\nlicense: mit\n", undefined],
];

suite("readLicense()", () => {
  for (const [title, card, expected] of cards) {
    test(`reads a card with ${title}`, async (context) => {
      const folder = await makeTempFolder(context);
      await writeFiles(folder, { "README.md": card });

      assert.equal(await readLicense("owner/name", folder, true), expected);
    });
  }

  test("knows the licence of the default model without a card", async () => {
    const name = "jinaai/jina-reranker-v2-base-multilingual";

    assert.equal(await readLicense(name, "/nowhere", false), "cc-by-nc-4.0");
  });
});

suite("licenseNotice()", () => {
  test("warns of a licence that forbids commercial use", () => {
    assert.equal(licenseNotice("cc-by-nc-4.0"), "licence CC-BY-NC-4.0: not for commercial use");
    assert.match(licenseNotice("some-noncommercial-1.0") ?? "", /not for commercial use/);
  });

  test("says nothing of other licences", () => {
    for (const license of ["apache-2.0", "mit", "cc-by-4.0", "ncsa", undefined]) {
      assert.equal(licenseNotice(license), undefined);
    }
  });
});
