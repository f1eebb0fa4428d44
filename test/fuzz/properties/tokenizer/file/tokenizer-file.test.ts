import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { StartupError } from "../../../../../src/errors.ts";
import { readTokenizerFile } from "../../../../../src/tokenizer/file/tokenizer-file.ts";
import { anyJson, checkProperty, damaged } from "../../check-property.ts";

const fixture = fileURLToPath(
  new URL("../../../../../../test/fixtures/tiny-bert/tokenizer.json", import.meta.url),
);

/** Each run builds a vocabulary. */
const runs = 40;

suite("properties of readTokenizerFile()", () => {
  test("a file is a tokenizer with a template and a padding id, or an error", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "rerankd-fuzz-"));
    context.after(() => rm(directory, { recursive: true }));
    const path = join(directory, "tokenizer.json");
    const right = await readFile(fixture, "utf8");
    const names = Object.keys(JSON.parse(right) as object);
    const changed = fc.tuple(fc.constantFrom(...names), anyJson).map(([name, value]) => {
      return JSON.stringify({ ...JSON.parse(right), [name]: value });
    });
    await checkProperty(
      fc.asyncProperty(fc.oneof(changed, damaged(fc.constant(right))), async (text) => {
        await writeFile(path, text);
        const read = readTokenizerFile({
          path,
          padTokenId: undefined,
          model: {},
          prompt: undefined,
          padTokenIdWins: false,
        });
        const found = await read.catch((error: unknown) => {
          assert(error instanceof StartupError, String(error));
        });
        if (found) assert(Number.isInteger(found.padId) && found.template.pieces.length > 0);
      }),
      runs,
    );
  });
});
