import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { makeCorpus, makeRandomLengths } from "../../../bench/corpus/corpus.ts";
import { generatePools, readPassages } from "../../../bench/corpus/passages.ts";
import { createRandom } from "../../../bench/random.ts";

const pools = generatePools(createRandom(1));
const make = (seed: number) =>
  makeCorpus({ pools, random: createRandom(seed), requests: 20, documentsPerRequest: 10 });

suite("makeCorpus()", () => {
  test("gives the same requests for the same seed, and others for another", () => {
    assert.deepEqual(make(1), make(1));
    assert.notDeepEqual(make(1), make(2));
  });

  test("makes as many requests and documents as asked, none empty", () => {
    const corpus = make(1);
    assert.equal(corpus.length, 20);
    assert.ok(corpus.every(({ documents }) => documents.length === 10));
    assert.ok(corpus.every(({ query }) => query.length > 0));
    assert.ok(corpus.flatMap(({ documents }) => documents).every((text) => text.length > 0));
  });

  test("never has a document twice, so nothing can be answered from memory", () => {
    const [korean] = pools;
    assert.ok(korean);
    const poor = [{ ...korean, passages: ["가나다 라마바 사아자"] }];
    const random = createRandom(1);
    const corpus = makeCorpus({ pools: poor, random, requests: 3, documentsPerRequest: 40 });
    const texts = corpus.flatMap(({ documents }) => documents);
    assert.equal(new Set(texts).size, texts.length);
  });

  test("mixes short notes with texts at the limit", () => {
    const lengths = make(1).flatMap(({ documents }) => documents.map((text) => text.length));
    assert.ok(Math.min(...lengths) < 200, `shortest ${Math.min(...lengths)}`);
    assert.ok(Math.max(...lengths) > 900, `longest ${Math.max(...lengths)}`);
  });

  test("takes one language and one class of lengths where asked", () => {
    const random = createRandom(1);
    const wish = { pools, random, requests: 2, documentsPerRequest: 10 };
    const corpus = makeCorpus({ ...wish, language: "ko", only: "note" });
    for (const text of corpus.flatMap(({ documents }) => documents)) {
      assert.match(text, /[가-힣]/);
      assert.ok(text.length < 130, `${text.length} characters`);
    }
  });

  test("cuts no character in half", () => {
    const [korean] = pools;
    assert.ok(korean);
    const emoji = [{ ...korean, passages: ["😀".repeat(5000)] }];
    const random = createRandom(1);
    const [request] = makeCorpus({ pools: emoji, random, requests: 1, documentsPerRequest: 20 });
    assert.ok(request?.documents.every((text) => text.isWellFormed()));
  });
});

suite("makeRandomLengths()", () => {
  test("spreads lengths from a word to the limit", () => {
    const random = createRandom(1);
    const corpus = makeRandomLengths({ pools, random, requests: 10, documentsPerRequest: 30 });
    const lengths = corpus.flatMap(({ documents }) => documents.map((text) => text.length));
    assert.ok(Math.min(...lengths) < 60 && Math.max(...lengths) > 900);
  });
});

suite("readPassages()", () => {
  test("makes texts up, and says so, where the data folder is absent", async () => {
    const { pools: made, source } = await readPassages("/nowhere/data", 5);
    assert.equal(source, "generated text");
    assert.deepEqual(
      made.map(({ language }) => language),
      ["ko", "ja", "en", "de", "code"],
    );
    assert.deepEqual((await readPassages("/nowhere/data", 5)).pools, made);
  });
});
