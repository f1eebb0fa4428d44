import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { figuresOf } from "../../../page/src/logic/metrics.ts";
import { bm25Order, placesOf } from "../../../page/src/logic/orders.ts";

suite("the orders beside a ranking", () => {
  test("have BM25's best first, and equal ones as they came", () => {
    const documents = ["a blue car", "one more", "a red apple", "red fruit"];

    assert.deepEqual(bm25Order("red fruit", documents), [3, 2, 0, 1]);
  });

  test("tell the place of each document, from 1, and of none that is not in the order", () => {
    assert.deepEqual(placesOf([2, 0], 3), [2, undefined, 1]);
  });
});

suite("figuresOf()", () => {
  test("reads the queue and the model's speed out of the metrics", () => {
    const lines = [
      "# TYPE rerankd_queue_tokens gauge",
      'rerankd_queue_tokens{model="a"} 100',
      'rerankd_queue_tokens{model="b"} 20',
      "rerankd_batch_tokens_sum 3000",
      "rerankd_batch_duration_seconds_sum 1.5",
    ];

    assert.deepEqual(figuresOf(lines.join("\n")), { queueTokens: 120, tokensPerSecond: 2000 });
  });

  test("knows no speed before the first batch, and nothing of other texts", () => {
    assert.deepEqual(figuresOf("rerankd_queue_tokens 0\n"), {
      queueTokens: 0,
      tokensPerSecond: undefined,
    });
    assert.equal(figuresOf("<html>"), undefined);
  });
});
