import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { createTokenizer, type HfTokenizer } from "../../../src/tokenizer/hf-tokenizer.ts";
import { readGoldenJson } from "../../golden/golden-cases.ts";
import { fixturePath } from "../fixture-path.ts";

interface ConfigCase {
  readonly name: string;
  readonly tokenizer: string;
  readonly model_type: string;
  readonly files: Readonly<Record<string, object>>;
  readonly encoded: readonly {
    readonly ids: number[];
    readonly type_ids: number[];
    readonly cut_ids: number[];
  }[];
}

const golden = readGoldenJson("tokenizer-config.json") as {
  readonly max_length: number;
  readonly pairs: readonly (readonly [string, string])[];
  readonly tokenizers: Readonly<Record<string, object | string>>;
  readonly cases: readonly ConfigCase[];
};

suite("the files beside a tokenizer.json count as in transformers 4", () => {
  for (const { name, tokenizer: key, model_type: modelType, files, encoded } of golden.cases) {
    test(name, async (context) => {
      const tokenizer = await open(context, golden.tokenizers[key], files, { modelType });

      for (const [i, [query, document]] of golden.pairs.entries()) {
        const expected = encoded[i];
        assert(expected);
        const [whole] = await tokenizer.encodePairs(query, [document], { maxLength: 1000 });
        const cut = { maxLength: golden.max_length };
        const [short] = await tokenizer.encodePairs(query, [document], cut);

        assert.deepEqual([...(whole?.inputIds ?? [])], expected.ids);
        assert.deepEqual([...(whole?.typeIds ?? [])], expected.type_ids);
        assert.deepEqual([...(short?.inputIds ?? [])], expected.cut_ids);
      }
    });
  }
});

suite("createTokenizer() beside other files", () => {
  const bert = readFileSync(fixturePath("tiny-bert/tokenizer.json"), "utf8");

  test("says where two files contradict each other", async (context) => {
    const files = { tokenizer_config: { tokenizer_class: "BertTokenizer", do_lower_case: false } };

    const { notes } = await open(context, JSON.parse(bert), files, {});

    assert.deepEqual(notes, [
      "tokenizer_config.json says `do_lower_case` false, over `lowercase` true in tokenizer.json, as in transformers 4",
    ]);
  });

  test("takes the class that config.json names", async (context) => {
    const model = { className: "BertTokenizer", modelType: "no-such-type" };
    const files = { tokenizer_config: { do_lower_case: false } };

    assert.equal((await open(context, JSON.parse(bert), files, model)).notes.length, 1);
    assert.equal((await open(context, JSON.parse(bert), files, {})).notes.length, 0);
  });

  test("leaves the end that is cut to a request that names one", async (context) => {
    const files = { tokenizer_config: { truncation_side: "left" } };
    const tokenizer = await open(context, JSON.parse(bert), files, {});
    const texts = ["a", ["a b c d e f"]] as const;
    const idsOf = async (direction?: "left" | "right") => {
      const options = { maxLength: 8, truncationDirection: direction };
      const [pair] = await tokenizer.encodePairs(...texts, options);
      return [...(pair?.inputIds ?? [])];
    };

    assert.deepEqual(await idsOf(), await idsOf("left"));
    assert.notDeepEqual(await idsOf(), await idsOf("right"));
  });

  test("reads the numbers that Python writes and JSON has not", async (context) => {
    const folder = await writeFolder(context, JSON.parse(bert), {});
    await writeFile(join(folder, "tokenizer_config.json"), '{"model_max_length": Infinity}');

    await open(context, JSON.parse(bert), {}, {}, folder);
  });

  for (const text of ["[]", "{"]) {
    test(`refuses the tokenizer_config.json ${text}`, async (context) => {
      const folder = await writeFolder(context, JSON.parse(bert), {});
      await writeFile(join(folder, "tokenizer_config.json"), text);

      await assert.rejects(open(context, JSON.parse(bert), {}, {}, folder), {
        name: "StartupError",
        message: /tokenizer_config\.json (is not valid JSON|must hold a JSON object)/,
      });
    });
  }

  test("keeps as many tokens of a text as the longest pair may need", async (context) => {
    const folder = await writeFolder(context, JSON.parse(bert), {});
    const tokenizer = await createTokenizer({
      path: join(folder, "tokenizer.json"),
      maxLength: 70_000,
    });
    context.after(() => tokenizer.close());

    const document = "a ".repeat(80_000);
    const [pair] = await tokenizer.encodePairs("a", [document], { maxLength: 70_000 });

    assert.equal(pair?.inputIds.length, 70_000);
  });
});

async function writeFolder(
  context: TestContext,
  tokenizer: object,
  files: Readonly<Record<string, object>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rerankd-tokenizer-"));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify(content));
  }
  return folder;
}

async function open(
  context: TestContext,
  tokenizer: object | string | undefined,
  files: Readonly<Record<string, object>>,
  model: { readonly className?: string; readonly modelType?: string },
  folder?: string,
): Promise<HfTokenizer> {
  const content =
    typeof tokenizer === "string"
      ? JSON.parse(readFileSync(fixturePath(`${tokenizer}/tokenizer.json`), "utf8"))
      : (tokenizer ?? {});
  const inFolder = folder ?? (await writeFolder(context, content, files));
  const opened = await createTokenizer({
    path: join(inFolder, "tokenizer.json"),
    padTokenId: 0,
    model,
  });
  context.after(() => opened.close());
  return opened;
}
