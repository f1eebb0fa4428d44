import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, suite, test } from "node:test";
import fc from "fast-check";
import { Tokenizer as NativeTokenizer } from "tokenizers";

import { bundledModelDirectory } from "../../../src/package-root.ts";
import { createTokenizer, type HfTokenizer } from "../../../src/tokenizer/hf-tokenizer.ts";
import type { Encoding, WindowOptions } from "../../../src/tokenizer/tokenizer.ts";
import { fixturePath } from "../fixture-path.ts";

const tokenizers = {
  "rerankd-multilingual-v1": `${bundledModelDirectory()}/tokenizer.json`,
  "tiny-xlm-r": fixturePath("tiny-xlm-r/tokenizer.json"),
  "tiny-bert": fixturePath("tiny-bert/tokenizer.json"),
};

const options: WindowOptions = { maxLength: 16, overlapTokens: 2, maxWindowTokens: 10_000_000 };

/** Tokens of the document in a pair; `before` and `after` are the tokens around it. */
function documentIds({ inputIds }: Encoding, before: number): number[] {
  return [...inputIds.subarray(before, -1)];
}

/** Text of every kind: words, emoji, combining marks, composed and not, other scripts, spaces. */
const words = fc.constantFrom(
  ...[
    "the",
    "Train",
    "😀",
    "👩🏽‍💻",
    "e\u0301",
    "a\u0323\u0307",
    "바다로",
    "바다로".normalize("NFD"),
  ],
  ...[
    "ﬁne",
    "½",
    "ﷺ",
    "日本語の",
    "１２",
    "\u00a0x",
    "  ",
    "\n",
    "é",
    "\u200b",
    "Å",
    "[SEP]",
    "</s>",
  ],
);
const texts = fc.array(words, { minLength: 20, maxLength: 120 }).map((parts) => parts.join(" "));

for (const [name, path] of Object.entries(tokenizers)) {
  suite(`encodeWindows() with the tokenizer of ${name}`, () => {
    let tokenizer: HfTokenizer;
    let native: NativeTokenizer;
    let around: { readonly before: number; readonly special: number };

    before(async () => {
      tokenizer = await createTokenizer({ path });
      native = NativeTokenizer.fromString(await readFile(path, "utf8"));
      native.disableTruncation();
      native.disablePadding();
      const [empty] = await tokenizer.encodePairs("a", [""], { maxLength: 16 });
      const length = empty?.inputIds.length ?? 0;
      const [query] = [await idsOf("a")];
      around = { before: length - 1, special: length - (query?.length ?? 0) };
    });
    after(() => tokenizer.close());

    async function idsOf(text: string): Promise<number[]> {
      return (await native.encode(text, null, { addSpecialTokens: false })).getIds();
    }

    test("reads every token of a document, and says where each window lies", async () => {
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          const [windowed] = await tokenizer.encodeWindows("a", [text], options);
          const { encodings = [], spans = [] } = windowed ?? {};
          const all = await idsOf(text);

          const read = encodings.map((encoding) => documentIds(encoding, around.before));
          assert.deepEqual(
            [...(read[0] ?? []), ...read.slice(1).flatMap((ids) => ids.slice(2))],
            all,
          );
          assert(encodings.every(({ documentTruncated }) => !documentTruncated));
          assert.equal(spans.length, encodings.length);
          // Together the spans are the document: each begins before the one before it ends.
          assert.equal(spans[0]?.start, 0);
          assert((spans.at(-1)?.end ?? 0) >= [...text].length);
          for (const [i, span] of spans.entries()) {
            assert(span.start <= span.end);
            if (i > 0) assert(span.start <= (spans[i - 1]?.end ?? 0));
          }
        }),
        { numRuns: 100 },
      );
    });

    test("gives spans in code points that hold the words of a window", async () => {
      const parts = ["😀 train", "e\u0301te\u0301 coast", "바다로".normalize("NFD"), "½ 日本"];
      const text = Array.from({ length: 30 }, (_, i) => parts[i % parts.length]).join(" ");
      const characters = [...text];

      const [windowed] = await tokenizer.encodeWindows("a", [text], options);

      const { encodings = [], spans = [] } = windowed ?? {};
      assert(encodings.length > 3);
      for (const [i, encoding] of encodings.entries()) {
        const { start = 0, end = 0 } = spans[i] ?? {};
        const ids = await idsOf(characters.slice(start, end).join(""));
        // The span's own ids may differ at its edges, where a word was cut.
        const inner = documentIds(encoding, around.before).slice(4, -4);
        assert(
          ids.some((_, at) => inner.every((id, j) => ids[at + j] === id)),
          `window ${i}: ${inner} in ${ids}`,
        );
      }
    });

    test("reads a document that fits as encodePairs() does", async () => {
      const documents = ["", "train coast", "x"];

      const windowed = await tokenizer.encodeWindows("a", documents, options);

      const pairs = await tokenizer.encodePairs("a", documents, options);
      assert.deepEqual(
        windowed.map(({ encodings }) => encodings),
        pairs.map((pair) => [pair]),
      );
    });

    test("reads a million characters to the end while starts of others are read", async () => {
      const text = "The train leaves at 7, 바다로 가는 기차! ".repeat(30_000).slice(0, 1_000_000);
      const large = { ...options, maxLength: 512, overlapTokens: 80 };
      const all = await idsOf(text);
      assert(all.length > 65_536);

      const [[windowed], [start], [end]] = await Promise.all([
        tokenizer.encodeWindows("a", [text], large),
        tokenizer.encodePairs("a", [text], { maxLength: 512 }),
        tokenizer.encodePairs("a", [text], { maxLength: 512, truncationDirection: "left" }),
      ]);

      const windowTokens = 512 - around.special - (await idsOf("a")).length;
      const { encodings = [], spans = [] } = windowed ?? {};
      const last = documentIds(encodings.at(-1) as Encoding, around.before);
      assert.deepEqual(last, all.slice(-last.length));
      assert.equal(
        encodings.length,
        1 + Math.ceil((all.length - windowTokens) / (windowTokens - 80)),
      );
      assert((spans.at(-1)?.start ?? 0) > 990_000);
      assert.deepEqual(documentIds(start as Encoding, around.before), all.slice(0, windowTokens));
      assert.deepEqual(documentIds(end as Encoding, around.before), all.slice(-windowTokens));
    });

    test("keeps the ends of both texts with the direction left", async () => {
      const query = "one two three four five six seven eight nine ten";
      const document = "train coast sea 7 train coast sea 8 train coast sea 9 ".repeat(5);
      const [queryIds, ids] = [await idsOf(query), await idsOf(document)];
      const budget = 16 - around.special;

      const [pair] = await tokenizer.encodePairs(query, [document], {
        maxLength: 16,
        truncationDirection: "left",
      });

      const half = Math.floor(budget / 2);
      const kept = [...queryIds.slice(queryIds.length - half), ...ids.slice(half - budget)];
      assert(queryIds.length > half && ids.length > queryIds.length);
      const read = [...(pair?.inputIds ?? [])];
      const specials = new Set((await tokenizer.encodePairs("", [""], options))[0]?.inputIds);
      assert.deepEqual(
        read.filter((id) => !specials.has(id)),
        kept,
      );
      assert.deepEqual([pair?.queryTruncated, pair?.documentTruncated], [true, true]);
    });

    test("reads no more of a document than it was told to", async () => {
      const document = "train coast sea 7 train coast sea 8 train coast sea 9";
      const all = await idsOf(document);
      for (const direction of ["left", "right"] as const) {
        const few = { ...options, maxDocumentTokens: 5, truncationDirection: direction };
        const expected = direction === "left" ? all.slice(-5) : all.slice(0, 5);

        const [pair] = await tokenizer.encodePairs("a", [document], few);
        const [windowed] = await tokenizer.encodeWindows("a", [document], few);

        assert.deepEqual(documentIds(pair as Encoding, around.before), expected);
        assert.deepEqual([pair?.documentTruncated, pair?.tooLong], [true, false]);
        assert.deepEqual(windowed?.encodings, [pair]);
      }
    });
  });
}

suite("encodeWindows() beyond its limits", () => {
  const path = fixturePath("tiny-xlm-r/tokenizer.json");

  test("refuses windows that are longer than the limit together", async () => {
    const tokenizer = await createTokenizer({ path });
    const text = "train ".repeat(1_000);

    const encoding = tokenizer.encodeWindows("a", ["b", text], {
      ...options,
      maxWindowTokens: 500,
    });

    await assert.rejects(encoding, {
      name: "RerankError",
      code: "invalid_argument",
      field: "documents",
      message: "`documents` must have at most 500 tokens in windows all together, got: more",
    });
    await tokenizer.close();
  });

  test("stops between documents when the signal aborts", async () => {
    const tokenizer = await createTokenizer({ path });
    const controller = new AbortController();
    const documents = new Array<string>(2_000).fill("train coast ".repeat(2_000));

    const encoding = tokenizer.encodeWindows("a", documents, {
      ...options,
      maxWindowTokens: Number.POSITIVE_INFINITY,
      signal: controller.signal,
    });
    await tokenizer.encodePairs("another call", ["is answered meanwhile"], options);
    controller.abort();

    await assert.rejects(encoding, { code: "cancelled" });
    await tokenizer.close();
  });
});
