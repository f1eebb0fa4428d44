import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { promptTemplates, type TemplateName } from "../../src/models/prompt/prompt-templates.ts";
import { createTokenizer, type HfTokenizer } from "../../src/tokenizer/hf-tokenizer.ts";
import { readDecoderGolden } from "../golden/decoder-golden.ts";
import { fixturePath } from "./fixture-path.ts";

const { maxLength, cases } = readDecoderGolden();
const path = fixturePath("tiny-qwen3/tokenizer.json");
const instruction = "Find notes about the same person";

/** Templates, and the field of each golden case that has their ids. */
const templates: readonly (readonly [TemplateName, keyof (typeof cases)[number], string?])[] = [
  ["qwen3-reranker", "qwen3-reranker"],
  ["mxbai-rerank-v2", "mxbai-rerank-v2"],
  ["mxbai-rerank-v2", "mxbai, instructed", instruction],
  ["zerank", "zerank"],
];

for (const [template, field, told] of templates) {
  suite(`the template ${field} lays out a pair as its authors do`, () => {
    let tokenizer: HfTokenizer;
    before(async () => {
      tokenizer = await createTokenizer({ path, prompt: promptTemplates[template], padTokenId: 0 });
    });
    after(() => tokenizer.close());

    for (const golden of cases) {
      const { query, document } = golden;
      const expected = golden[field];
      // mxbai-rerank leaves the document a quarter of the space beside such a query.
      const leavesSpace = template === "mxbai-rerank-v2";
      if (!Array.isArray(expected)) continue;
      test(`${query.slice(0, 30)} | ${document.slice(0, 30)}`, async () => {
        const options = { maxLength, instruction: told };
        const [pair] = await tokenizer.encodePairs(query, [document], options);

        assert.deepEqual([...(pair?.inputIds ?? [])], expected);
        const isCut = document.length > 1000 || (query.length > 1000 && !leavesSpace);
        assert.equal(pair?.documentTruncated, isCut);
      });
    }
  });
}

/** Tokens that are sure to be of the end of a template. */
const endTokens = 14;

suite("a template", () => {
  const prompt = promptTemplates["qwen3-reranker"];
  let tokenizer: HfTokenizer;
  before(async () => {
    tokenizer = await createTokenizer({ path, prompt, padTokenId: 0 });
  });
  after(() => tokenizer.close());
  const endOf = async () => {
    const [pair] = await tokenizer.encodePairs("q", [""], { maxLength });
    return [...(pair?.inputIds.slice(-endTokens) ?? [])];
  };

  test("keeps its end whatever is cut, and at either side", async () => {
    const long = "word ".repeat(2000);
    for (const truncationDirection of ["left", "right"] as const) {
      for (const [query, document] of [
        ["q", long],
        [long, "d"],
        [long, long],
      ] as const) {
        const options = { maxLength, truncationDirection };
        const [pair] = await tokenizer.encodePairs(query, [document], options);

        assert.equal(pair?.inputIds.length, maxLength);
        assert.deepEqual([...(pair?.inputIds.slice(-endTokens) ?? [])], await endOf());
        assert.equal(pair?.tooLong, true);
      }
    }
  });

  test("does not count as a part of a query that is limited", async () => {
    for (const told of [undefined, instruction]) {
      const options = { maxLength, instruction: told, maxQueryTokens: 3 };
      const limited = await tokenizer.encodePairs("a b c d e f", ["x"], options);
      // This vocabulary has spaces as tokens of their own.
      const short = await tokenizer.encodePairs("a b", ["x"], { maxLength, instruction: told });
      assert.deepEqual(limited[0]?.inputIds, short[0]?.inputIds);
      assert.equal(limited[0]?.queryTruncated, true);

      const windows = { ...options, overlapTokens: 80, maxWindowTokens: 1_000_000 };
      const [read] = await tokenizer.encodeWindows("a b c d e f", ["x"], windows);
      assert.deepEqual(read?.encodings[0]?.inputIds, short[0]?.inputIds);
    }
  });

  test("needs space, which the limits tell", async () => {
    const [pair] = await tokenizer.encodePairs("q", ["d"], { maxLength });
    // The space before the document is a token of the document here.
    const least = (pair?.inputIds.length ?? 0) - 1;

    assert.equal(tokenizer.templateTokens, least - 2);
    await assert.rejects(createTokenizer({ path, prompt, padTokenId: 0, maxLength: least - 1 }), {
      name: "StartupError",
      message: `--max-length must be at least ${least}: a pair of this model has ${least - 2} tokens of its template, got: \`${least - 1}\``,
    });
    await (await createTokenizer({ path, prompt, padTokenId: 0, maxLength: least })).close();
  });

  test("stands around every window, and spans are of the document", async () => {
    const document = Array.from({ length: 400 }, (_, i) => `word${i}`).join(" ");
    const [read] = await tokenizer.encodeWindows("q", [document], {
      maxLength,
      overlapTokens: 80,
      maxWindowTokens: 1_000_000,
    });

    assert(read && read.encodings.length > 3);
    const [whole] = await tokenizer.encodePairs("q", [document], { maxLength });
    assert.deepEqual(read.encodings[0]?.inputIds, whole?.inputIds);
    for (const { inputIds, documentTruncated } of read.encodings) {
      assert.deepEqual([...inputIds.slice(-endTokens)], await endOf());
      assert(inputIds.length <= maxLength && !documentTruncated);
    }
    assert.equal(read.spans[0]?.start, 0);
    assert((read.spans.at(-1)?.end ?? 0) >= document.length);
    for (const [i, { start }] of read.spans.entries()) {
      // Each window begins at a token of the document, and before the end of the one before it.
      assert(i === 0 || start < (read.spans[i - 1]?.end ?? 0));
      assert(start < document.length);
    }
  });

  test("tells how much of a pair all pairs of its query begin with", async () => {
    const options = { maxLength };
    const documents = ["one", "another document", "long ".repeat(2000)];
    const pairs = await tokenizer.encodePairs("a query", documents, options);
    const windowed = await tokenizer.encodeWindows("a query", documents.slice(2), {
      ...options,
      overlapTokens: 10,
      maxWindowTokens: 100_000,
    });
    const windows = windowed.flatMap(({ encodings }) => encodings);

    const starts = [...pairs, ...windows].map(({ inputIds, prefixTokens = 0 }) =>
      [...inputIds.slice(0, prefixTokens)].join(" "),
    );
    assert.equal(new Set(starts).size, 1);
    assert((pairs[0]?.prefixTokens ?? 0) > (tokenizer.templateTokens ?? 0) / 2);
    assert(windows.length > 2);
  });

  test("takes an instruction, and puts query, document and instruction in as they are", async () => {
    assert.equal(tokenizer.takesInstruction, true);
    const idsOf = async (query: string, told?: string) => {
      const [pair] = await tokenizer.encodePairs(query, ["{query}"], {
        maxLength,
        instruction: told,
      });
      return [...(pair?.inputIds ?? [])];
    };

    assert.notDeepEqual(await idsOf("q"), await idsOf("q", instruction));
    assert.deepEqual(await idsOf("q"), await idsOf("q", prompt.instruction));
    assert.notDeepEqual(await idsOf("{instruction}", "x"), await idsOf("x", "x"));
  });
});

suite("texts around those of a pair template", () => {
  test("stand inside it, and the longer text is cut first", async (context) => {
    const bert = fixturePath("tiny-bert/tokenizer.json");
    const plain = await createTokenizer({ path: bert });
    const worded = await createTokenizer({
      path: bert,
      prompt: {
        before: [],
        query: "query: {query}",
        between: [],
        document: "passage: {document} end",
        after: [],
        queryShare: 1,
        usesPairTemplate: true,
      },
    });
    context.after(() => Promise.all([plain.close(), worded.close()]));
    const options = { maxLength: 100 };

    const [expected] = await plain.encodePairs("query: a b", ["passage: c d end"], options);
    const [actual] = await worded.encodePairs("a b", ["c d"], options);
    assert.deepEqual(actual?.inputIds, expected?.inputIds);
    assert.deepEqual(actual?.typeIds, expected?.typeIds);

    const [cut] = await worded.encodePairs("a b", ["c ".repeat(300)], options);
    assert.equal(cut?.inputIds.length, 100);
    assert.deepEqual(
      [...(cut?.inputIds.slice(-2) ?? [])],
      [...(expected?.inputIds.slice(-2) ?? [])],
    );
  });
});
