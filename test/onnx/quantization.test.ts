import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type OnnxFile, readOnnxFile } from "../../src/onnx/onnx-file.ts";
import { quantizationOf } from "../../src/onnx/quantization.ts";
import { repositoryRoot } from "../golden/golden-cases.ts";

const files: readonly (readonly [string, string, boolean])[] = [
  ["test/fixtures/tiny-bert/onnx/model.onnx", "fp32", false],
  ["test/fixtures/tiny-bert/onnx/model_fp16.onnx", "fp16", false],
  ["test/fixtures/tiny-bert/onnx/model_quantized.onnx", "uint8", true],
  ["models/rerankd-multilingual-v1/onnx/model_quantized.onnx", "int8", false],
];

/** Tensors of so many bytes by type, and the operators of the graph. */
type Made = readonly [title: string, tensors: object, operators: string[], string, boolean];

const made: readonly Made[] = [
  ["dynamic MatMul", { int8: 800, float32: 9000 }, ["DynamicQuantizeLinear"], "int8", true],
  ["dynamic, fused", { uint8: 800 }, ["com.microsoft:DynamicQuantizeMatMul"], "uint8", true],
  ["weights only", { int8: 800, float32: 9000 }, ["DequantizeLinear"], "int8", false],
  ["static scales", { int8: 800 }, ["QuantizeLinear", "QLinearMatMul"], "int8", false],
  ["4 bits", { uint8: 400, float32: 900 }, ["com.microsoft:MatMulNBits"], "q4", false],
  [
    "4 bits beside halves",
    { uint8: 4, float16: 900 },
    ["com.microsoft:MatMulNBits"],
    "q4f16",
    false,
  ],
  [
    "int8 beside embeddings in 4 bits",
    { uint8: 4000, int8: 800 },
    ["com.microsoft:GatherBlockQuantized", "com.microsoft:MatMulIntegerToFloat"],
    "int8",
    false,
  ],
  [
    "embeddings in 4 bits alone",
    { uint8: 4000 },
    ["com.microsoft:GatherBlockQuantized"],
    "q4",
    false,
  ],
  ["4 bits as a type", { int4: 400 }, ["DequantizeLinear"], "q4", false],
  ["4 bits of bitsandbytes", { uint8: 400 }, ["com.microsoft:MatMulBnb4"], "bnb4", false],
  ["halves", { float16: 900, float32: 100 }, ["MatMul"], "fp16", false],
  ["bfloat16", { bfloat16: 900 }, ["MatMul"], "bf16", false],
  ["words in a name", { float32: 900 }, ["MatMul", "com.acme:NotDynamicQuantize"], "fp32", false],
];

suite("quantizationOf()", () => {
  for (const [path, format, scalesByBatch] of files) {
    test(`finds ${format} in ${path}`, () => {
      const file = readOnnxFile(fileURLToPath(new URL(path, repositoryRoot)));

      assert.deepEqual(quantizationOf(file), { format, scalesByBatch });
    });
  }

  for (const [title, bytesOfType, operators, format, scalesByBatch] of made) {
    test(`tells ${title}: ${format}`, () => {
      const tensors = Object.entries(bytesOfType).map(([type, bytes]) => ({
        name: type,
        type,
        dims: [bytes],
        bytes,
      }));
      const file = {
        operators: new Set(operators),
        castTensors: new Set(),
        tensors,
      } as unknown as OnnxFile;

      assert.deepEqual(quantizationOf(file), { format, scalesByBatch });
    });
  }
});
