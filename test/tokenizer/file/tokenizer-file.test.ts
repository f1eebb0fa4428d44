import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";

import { createTokenizer } from "../../../src/tokenizer/hf-tokenizer.ts";
import { fixturePath } from "../fixture-path.ts";

suite("createTokenizer()", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rerankd-tokenizer-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function write(content: string): Promise<string> {
    const path = join(folder, "tokenizer.json");
    await writeFile(path, content);
    return path;
  }
  async function change(edit: (fields: Record<string, unknown>) => void, name = "tiny-bert") {
    const fields = JSON.parse(await readFile(fixturePath(`${name}/tokenizer.json`), "utf8"));
    edit(fields);
    return write(JSON.stringify(fields));
  }

  test("takes the padding id of tokenizer.json", async () => {
    const path = await change((fields) => {
      (fields.padding as Record<string, unknown>).pad_id = 9;
    });

    assert.equal((await createTokenizer({ path, padTokenId: 5 })).padId, 9);
  });

  test("takes the caller's padding id if the file states none", async () => {
    const path = fixturePath("tiny-xlm-r/tokenizer.json");

    assert.equal((await createTokenizer({ path, padTokenId: 5 })).padId, 5);
  });

  test("finds the padding token by its name", async () => {
    const path = await change((fields) => {
      fields.padding = null;
    });

    assert.equal((await createTokenizer({ path })).padId, 0);
    assert.equal(
      (await createTokenizer({ path: fixturePath("tiny-xlm-r/tokenizer.json") })).padId,
      1,
    );
  });

  test("rejects a file without any padding id", async () => {
    const path = await change((fields) => {
      const text = JSON.stringify(fields).replaceAll('"<pad>"', '"<fill>"');
      Object.assign(fields, JSON.parse(text));
    }, "tiny-xlm-r");

    await assert.rejects(createTokenizer({ path }), {
      name: "StartupError",
      message: `cannot use the tokenizer ${path}: it has no padding id and no token \`<pad>\` or \`[PAD]\``,
    });
  });

  test("names a file that is missing", async () => {
    const path = join(folder, "missing.json");

    await assert.rejects(createTokenizer({ path }), {
      name: "StartupError",
      message: /^cannot read the tokenizer .*missing\.json: ENOENT/,
    });
  });

  const faults = [
    {
      title: "is not JSON",
      content: "version https://example.org/spec",
      message: /: it is not JSON$/,
    },
    {
      title: "is no object",
      content: "[1]",
      message: /: it must be a JSON object with a `model`$/,
    },
    { title: "has no model", content: "{}", message: /: it must be a JSON object with a `model`$/ },
  ];
  for (const { title, content, message } of faults) {
    test(`rejects a file that ${title}`, async () => {
      const path = await write(content);

      await assert.rejects(createTokenizer({ path }), { name: "StartupError", message });
    });
  }

  test("rejects a model that the library does not know", async () => {
    const path = await change((fields) => {
      fields.model = { type: "Novel" };
    });

    await assert.rejects(createTokenizer({ path }), {
      name: "StartupError",
      message: /^cannot use the tokenizer .*: the tokenizers library refuses it: /,
    });
  });

  test("encodes to an internal error, without the text, if the library fails at it", async () => {
    const path = await change((fields) => {
      fields.model = { type: "WordLevel", vocab: { known: 0 }, unk_token: "[UNK]" };
      fields.added_tokens = [];
    });
    const tokenizer = await createTokenizer({ path });

    await assert.rejects(tokenizer.encodePairs("known", ["unknown"], { maxLength: 16 }), {
      name: "RerankError",
      code: "internal",
      message: "a text could not be tokenized",
    });
  });
});
