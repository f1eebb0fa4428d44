import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { suite, test } from "node:test";
import { Tokenizer as NativeTokenizer } from "tokenizers";

import { createTextEncoder } from "../../src/tokenizer/id-encoder.ts";
import { fixturePath } from "./fixture-path.ts";

suite("createTextEncoder()", () => {
  const text = "train coast sea 7 ".repeat(50);
  const maxStartTokens = 20;

  async function setUp() {
    const json = await readFile(fixturePath("tiny-xlm-r/tokenizer.json"), "utf8");
    const whole = await NativeTokenizer.fromString(json).encode(text, null, {
      addSpecialTokens: false,
    });
    const encoder = createTextEncoder(NativeTokenizer.fromString(json), maxStartTokens);
    return { encoder, ids: whole.getIds() };
  }

  test("reads starts and whole texts side by side", async () => {
    const { encoder, ids } = await setUp();

    const encodings = await Promise.all([
      encoder.encodeStart(text),
      encoder.encodeWhole(text),
      encoder.encodeStart(text),
      encoder.encodeWhole(text),
      encoder.encodeStart(text),
    ]);

    const start = ids.slice(0, maxStartTokens);
    assert.deepEqual(
      encodings.map((encoding) => encoding.getIds()),
      [start, ids, start, ids, start],
    );
  });

  test("reads whole a text of few characters and many tokens", async () => {
    const { encoder } = await setUp();
    const few = "a ".repeat(9);
    assert(few.length < maxStartTokens);

    const start = await encoder.encodeStart(`${few}${few}${few}`);
    const whole = await encoder.encodeWhole(few);

    assert.equal(start.getLength(), maxStartTokens);
    assert.equal(whole.getLength(), 18);
  });

  test("cuts again once no text is read whole any more", async () => {
    const { encoder } = await setUp();
    await Promise.all([encoder.encodeWhole(text), encoder.encodeWhole(text)]);

    const start = await encoder.encodeStart(text);

    assert.equal(start.getLength(), maxStartTokens);
  });
});
