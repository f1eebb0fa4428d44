import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { equalLengthBatches } from "../../../bench/contenders/bare.ts";
import { builtFolder, builtVersions } from "../../../bench/contenders/built.ts";
import { readScores } from "../../../bench/contenders/http-contender.ts";
import { extractGuideScript } from "../../../bench/contenders/peers/guide.ts";
import { placeLogits } from "../../../bench/contenders/peers/openvino.ts";
import { readTeiScores } from "../../../bench/contenders/peers/tei.ts";
import { readReadyUrl } from "../../../bench/contenders/rerankd.ts";

suite("extractGuideScript()", () => {
  const script = [
    "app = FastAPI()",
    'MODEL_NAME = "jinaai/jina-reranker-v2-base-multilingual"',
    'uvicorn.run(app, host="0.0.0.0", port=7998)',
  ];
  const guide = ["# Guide", "```python", "print(1)", "```", "```python", ...script, "```", ""];
  const wish = { model: "/models/base", port: 1234 };

  test("takes the server's block and changes model, address and port only", () => {
    assert.deepEqual(extractGuideScript(guide.join("\n"), wish).trimEnd().split("\n"), [
      "app = FastAPI()",
      'MODEL_NAME = "/models/base"',
      'uvicorn.run(app, host="127.0.0.1", port=1234)',
    ]);
  });

  test("throws if the guide has no such script", () => {
    assert.throws(() => extractGuideScript("# Guide", wish), /no FastAPI script/);
    const other = guide.join("\n").replace("port=7998", "port=80");
    assert.throws(() => extractGuideScript(other, wish), /port=7998/);
  });
});

suite("readScores()", () => {
  test("returns scores in the order of the documents", () => {
    const results = [
      { index: 1, relevance_score: 2.5 },
      { index: 0, relevance_score: 0 },
    ];
    assert.deepEqual(readScores(JSON.stringify({ results }), 2), [0, 2.5]);
  });

  test("throws if a document has no score", () => {
    const results = [{ index: 0, relevance_score: 1 }];
    assert.throws(() => readScores(JSON.stringify({ results }), 2), /not every one/);
    assert.throws(() => readScores("{}", 1), /not every one/);
  });
});

suite("readTeiScores()", () => {
  test("returns scores in the order of the documents", () => {
    const ranks = [
      { index: 2, score: 1.5 },
      { index: 0, score: 0 },
      { index: 1, score: -3 },
    ];
    assert.deepEqual(readTeiScores(JSON.stringify(ranks), 3), [0, -3, 1.5]);
  });

  test("throws if a document has no score, as where the model answered with NaN", () => {
    const ranks = [
      { index: 0, score: 1 },
      { index: 1, score: null },
    ];
    assert.throws(() => readTeiScores(JSON.stringify(ranks), 2), /not every one/);
    assert.throws(() => readTeiScores(JSON.stringify(ranks.slice(0, 1)), 2), /not every one/);
    assert.throws(() => readTeiScores('{"error":"overloaded"}', 1), /not a list/);
  });
});

suite("placeLogits()", () => {
  test("puts the logits of batches where their encodings came from", () => {
    const body = JSON.stringify({ logits: [[5], [1, 2]] });
    assert.deepEqual(placeLogits(body, [[1], [2, 0]]), [2, 5, 1]);
  });

  test("throws if a batch or a row of it is missing", () => {
    assert.throws(() => placeLogits('{"logits":[[5]]}', [[1], [0]]), /did not score every/);
    assert.throws(() => placeLogits('{"logits":[[5]]}', [[0, 1]]), /did not score every/);
    assert.throws(() => placeLogits("{}", [[0]]), /did not score every/);
  });
});

suite("builtFolder()", () => {
  test("names the script to run where a contender is not built, and that has no versions", () => {
    assert.throws(() => builtFolder("/nowhere", "tei"), /contenders\/build-tei\.sh/);
    assert.deepEqual(builtVersions("/nowhere", "llama-cpp"), {});
  });
});

suite("readReadyUrl()", () => {
  test("reads the port of the ready line only", () => {
    assert.equal(readReadyUrl('{"msg":"ready","port":8123}'), "http://127.0.0.1:8123");
    assert.equal(readReadyUrl('{"msg":"loading"}'), undefined);
  });
});

suite("equalLengthBatches()", () => {
  const encode = (length: number) => ({
    inputIds: new Int32Array(length),
    typeIds: new Uint8Array(length),
    queryTruncated: false,
    documentTruncated: false,
    tooLong: false,
  });
  const encodings = [4, 8, 4, 4].map(encode);

  test("groups equal lengths within the budget, the longest first, so nothing is padded", () => {
    const batches = equalLengthBatches(encodings, 8);
    assert.deepEqual(
      batches.map(({ indexes }) => indexes),
      [[1], [0, 2], [3]],
    );
  });

  test("runs one at a time under a budget that is smaller than a document", () => {
    assert.equal(equalLengthBatches(encodings, 1).length, 4);
  });
});
