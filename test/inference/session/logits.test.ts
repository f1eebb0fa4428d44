import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RerankError } from "../../../src/errors.ts";
import {
  halfToNumber,
  type OutputTensor,
  readLogits,
} from "../../../src/inference/session/logits.ts";

function output(dims: readonly number[], values: readonly number[]): OutputTensor {
  return { type: "float32", dims, data: Float32Array.from(values) };
}

function refuses(tensor: OutputTensor, rows: number, problem: RegExp): void {
  assert.throws(
    () => readLogits(tensor, rows),
    (error) => {
      assert(error instanceof RerankError);
      assert.equal(error.code, "internal");
      assert.match(error.message, problem);
      return true;
    },
  );
}

suite("readLogits()", () => {
  test("takes the difference of two labels", () => {
    const output = { type: "float32", dims: [2, 2], data: Float32Array.of(1, 4, 0.5, -1) };

    assert.deepEqual([...readLogits(output, 2, 1)], [3, -1.5]);
    assert.deepEqual([...readLogits(output, 2, 0)], [-3, 1.5]);
    assert.throws(() => readLogits(output, 2), /has 2 labels per pair/);
  });

  test("reads [rows, 1] and [rows]", () => {
    assert.deepEqual(readLogits(output([2, 1], [0.5, -1]), 2), Float32Array.of(0.5, -1));
    assert.deepEqual(readLogits(output([2], [0.5, -1]), 2), Float32Array.of(0.5, -1));
  });

  test("copies, since the runtime owns the memory of its outputs", () => {
    const data = Float32Array.of(1);
    const logits = readLogits({ type: "float32", dims: [1, 1], data }, 1);
    data[0] = 2;
    assert.deepEqual(logits, Float32Array.of(1));
  });

  test("reads half floats as bits or as numbers", () => {
    const bits = { type: "float16", dims: [2, 1], data: Uint16Array.of(0x3800, 0xbc00) };
    assert.deepEqual(readLogits(bits, 2), Float32Array.of(0.5, -1));
    // A Float16Array where this Node has one; any other view of numbers takes the same path.
    const numbers = { ...bits, data: Float64Array.of(0.5, -1) };
    assert.deepEqual(readLogits(numbers, 2), Float32Array.of(0.5, -1));
  });

  test("refuses more than one label per pair", () => {
    refuses(output([1, 3], [1, 2, 3]), 1, /^this model has 3 labels per pair; a reranker has 1$/);
  });

  test("refuses another number of rows", () => {
    refuses(output([1, 1], [1]), 2, /answered \[1, 1\] for a batch of 2 rows/);
    refuses(output([], [1]), 1, /answered \[\] for/);
    refuses(output([2, 1], [1]), 2, /not known/);
  });

  test("refuses scores that are not finite", () => {
    refuses(output([2, 1], [1, Number.NaN]), 2, /not a finite number/);
    refuses(output([1, 1], [Number.POSITIVE_INFINITY]), 1, /not a finite number/);
  });

  test("refuses other types", () => {
    refuses({ type: "float64", dims: [1], data: Float64Array.of(1) }, 1, /not known: float64/);
  });
});

suite("halfToNumber()", () => {
  for (const [bits, value] of [
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x83ff, -1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x7bff, 65_504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ] as const) {
    test(`reads 0x${bits.toString(16).padStart(4, "0")} as ${Object.is(value, -0) ? "-0" : value}`, () => {
      assert(Object.is(halfToNumber(bits), value));
    });
  }
});
