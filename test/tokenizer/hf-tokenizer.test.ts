import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, suite, test } from "node:test";

import { Tokenizer as NativeTokenizer } from "tokenizers";
import { RerankError } from "../../src/errors.ts";
import { createTokenizer } from "../../src/tokenizer/hf-tokenizer.ts";
import type { Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import { fixturePath } from "./fixture-path.ts";

suite("encodePairs()", () => {
  const path = fixturePath("tiny-xlm-r/tokenizer.json");
  const options = { maxLength: 128 };
  let tokenizer: Tokenizer;

  before(async () => {
    tokenizer = await createTokenizer({ path });
  });

  test("answers in the order of the documents", async () => {
    const documents = Array.from({ length: 50 }, (_, i) => "train ".repeat((i * 7) % 50));

    const encodings = await tokenizer.encodePairs("a", documents, options);

    const [alone] = await tokenizer.encodePairs("a", [documents[33] ?? ""], options);
    assert.deepEqual(encodings[33], alone);
  });

  test("answers no documents with no encodings", async () => {
    assert.deepEqual(await tokenizer.encodePairs("q", [], options), []);
  });

  test("reads lone surrogates as the replacement character, as UTF-8 does", async () => {
    const documents = ["train \ud800 coast", "train \ufffd coast"];

    const [broken, replaced] = await tokenizer.encodePairs("q", documents, options);

    assert.deepEqual(broken, replaced);
  });

  test("reads on after a NUL", async () => {
    const documents = ["train \0 coast", "train \0"];

    const [whole, part] = await tokenizer.encodePairs("q", documents, options);

    assert.notDeepEqual(whole, part);
  });

  test("cuts a text of a million characters as if all its tokens had been kept", async () => {
    const text = "The train leaves at 7, 바다로 가는 기차! ".repeat(30_000);

    const maxLength = 65_535;
    const [encoding] = await tokenizer.encodePairs("", [text], { maxLength });

    const native = NativeTokenizer.fromString(await readFile(path, "utf8"));
    const all = await native.encode(text, null, { addSpecialTokens: false });
    assert(all.getLength() > 2 * maxLength);
    assert.deepEqual(
      [...(encoding?.inputIds.subarray(3, -1) ?? [])],
      all.getIds().slice(0, 65_531),
    );
    assert.equal(encoding?.documentTruncated, true);
  });

  test("reads pairs of more tokens than 16 bits count, if it was made for them", async (context) => {
    const long = await createTokenizer({ path, maxLength: 70_000 });
    context.after(() => long.close());
    const text = "바다로 가는 기차! ".repeat(30_000);

    for (const truncationDirection of ["right", "left"] as const) {
      const asked = { maxLength: 70_000, truncationDirection };
      const [encoding] = await long.encodePairs("", [text], asked);
      assert.equal(encoding?.inputIds.length, 70_000);
      assert.equal(encoding?.tooLong, true);
    }
  });

  test("is not made for pairs that have no space for a text", async () => {
    await assert.rejects(createTokenizer({ path, maxLength: 5 }), {
      name: "StartupError",
      message:
        "--max-length must be at least 6: a pair of this model has 4 special tokens, got: `5`",
    });
    await (await createTokenizer({ path, maxLength: 6 })).close();
  });

  test("keeps a pair of special tokens only if nothing else fits", async () => {
    const [encoding] = await tokenizer.encodePairs("the query", ["the document"], { maxLength: 4 });

    assert.deepEqual([...(encoding?.inputIds ?? [])], [0, 2, 2, 2]);
    assert.deepEqual([encoding?.queryTruncated, encoding?.documentTruncated], [true, true]);
  });

  for (const maxLength of [3, 0, -1, 12.5, Number.NaN, 65_536]) {
    test(`rejects a max_length of ${maxLength}`, async () => {
      await assert.rejects(tokenizer.encodePairs("q", ["d"], { maxLength }), {
        code: "invalid_argument",
        field: "max_length",
        message: `\`max_length\` must be a whole number of 4 to 65535, got: \`${maxLength}\``,
      });
    });
  }

  test("rejects before any work if the signal is aborted", async () => {
    const encoding = tokenizer.encodePairs("q", ["d"], { ...options, signal: AbortSignal.abort() });

    await assert.rejects(encoding, { name: "RerankError", code: "cancelled" });
  });

  test("stops in the middle when the signal aborts", async () => {
    const controller = new AbortController();
    const documents = Array.from({ length: 20_000 }, (_, i) => `document ${i} `.repeat(20));

    const encoding = tokenizer.encodePairs("q", documents, {
      ...options,
      signal: controller.signal,
    });
    await tokenizer.encodePairs("another call", ["is answered meanwhile"], options);
    controller.abort(new DOMException("too late", "TimeoutError"));

    await assert.rejects(encoding, { name: "RerankError", code: "deadline_exceeded" });
  });

  test("rejects with the RerankError that the signal carries", async () => {
    const reason = new RerankError("unavailable", "the server is shutting down");

    const encoding = tokenizer.encodePairs("q", ["d"], {
      ...options,
      signal: AbortSignal.abort(reason),
    });

    await assert.rejects(encoding, reason);
  });
});
