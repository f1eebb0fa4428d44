import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { StartupError } from "../../../../src/errors.ts";
import { layOutPair } from "../../../../src/tokenizer/file/pair-template.ts";
import { readPairTemplate } from "../../../../src/tokenizer/file/post-processor.ts";
import { keepTokens, truncateLongestFirst } from "../../../../src/tokenizer/truncate-pair.ts";
import { windowsOf } from "../../../../src/tokenizer/windows/window-plan.ts";
import { allowing, checkProperty, objectWith } from "../check-property.ts";

const id = fc.nat(300_000);
const typeId = fc.nat(255);
const sequence = fc.record({
  Sequence: objectWith({ id: fc.constantFrom("A", "B"), type_id: typeId }),
});
const special = fc.record({ SpecialToken: objectWith({ id: fc.constant("a"), type_id: typeId }) });
const template = objectWith({
  type: fc.constant("TemplateProcessing"),
  pair: fc.array(fc.oneof(sequence, special), { maxLength: 5 }),
  special_tokens: objectWith({ a: objectWith({ ids: fc.array(id) }) }),
});
const simple = objectWith({
  type: fc.constantFrom("BertProcessing", "RobertaProcessing", "ByteLevel", "Other"),
  cls: fc.tuple(fc.string(), id),
  sep: fc.tuple(fc.string(), id),
});
const inSequence = objectWith({
  type: fc.constant("Sequence"),
  processors: fc.array(fc.oneof(template, simple), { maxLength: 3 }),
});
const direction = fc.constantFrom("left" as const, "right" as const);
const count = fc.nat(2_000);

suite("properties of pairs", () => {
  test("a post-processor is a template that lays out every token, or an error", async () => {
    await checkProperty(
      fc.property(fc.oneof(template, simple, inSequence), count, count, (processor, q, d) => {
        const read = () => readPairTemplate(processor).template;
        const found = allowing([StartupError], read, { mayRepeat: true });
        if (found === undefined) return;
        const query = new Int32Array(q).fill(-1);
        const document = new Int32Array(d).fill(-2);
        const { inputIds, typeIds } = layOutPair(found, { query, document });
        assert.equal(inputIds.length, found.specialTokenCount + q + d);
        assert.equal(typeIds.length, inputIds.length);
        assert.equal(inputIds.filter((value) => value === -1).length, q);
        assert.equal(inputIds.filter((value) => value === -2).length, d);
      }),
      500,
    );
  });

  test("truncation keeps what fits, and fills the budget where it cuts", async () => {
    await checkProperty(
      fc.property(count, count, count, (queryTokens, documentTokens, budgetTokens) => {
        const kept = truncateLongestFirst({ queryTokens, documentTokens }, budgetTokens);
        assert(kept.queryTokens >= 0 && kept.queryTokens <= queryTokens);
        assert(kept.documentTokens >= 0 && kept.documentTokens <= documentTokens);
        const most = Math.min(budgetTokens, queryTokens + documentTokens);
        assert.equal(kept.queryTokens + kept.documentTokens, most);
      }),
      1_000,
    );
  });

  test("what is left of a text is one end of it", async () => {
    await checkProperty(
      fc.property(fc.array(fc.nat(9)), fc.nat(20), direction, (list, kept, at) => {
        const ids = Int32Array.from(list);
        const left = [...keepTokens(ids, kept, at)];
        const expected = at === "right" ? list.slice(0, kept) : list.slice(-kept || list.length);
        assert.deepEqual(left, list.length <= kept ? list : expected);
      }),
    );
  });

  test("windows cover all that is read, fit beside the query, and go on", async () => {
    const plan = fc.record({
      queryTokens: count,
      budgetTokens: count,
      overlapTokens: fc.nat(200),
      maxDocumentTokens: fc.oneof(count, fc.constant(Number.POSITIVE_INFINITY)),
      direction,
    });
    await checkProperty(
      fc.property(fc.nat(20_000), plan, (documentTokens, wanted) => {
        const { queryTokens, ranges } = windowsOf(documentTokens, wanted);
        const read = Math.min(documentTokens, wanted.maxDocumentTokens);
        const start = wanted.direction === "right" ? 0 : documentTokens - read;
        assert(queryTokens <= Math.min(wanted.queryTokens, wanted.budgetTokens));
        assert.equal(ranges[0]?.start, start);
        ranges.forEach((range, at) => {
          assert(queryTokens + range.end - range.start <= wanted.budgetTokens);
          const next = ranges[at + 1];
          if (next) assert(next.start > range.start && next.start <= range.end);
        });
        const windowTokens = wanted.budgetTokens - queryTokens;
        if (windowTokens > 0) assert.equal(ranges.at(-1)?.end, start + read);
        if (windowTokens > 0) assert(ranges.length <= 1 + (2 * read) / windowTokens);
      }),
      1_000,
    );
  });
});
