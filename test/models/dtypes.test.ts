import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  type DtypeChoice,
  listDtypes,
  type ModelDevice,
  pickWeights,
} from "../../src/models/dtypes.ts";

const everything = [
  "onnx/model.onnx",
  "onnx/model_bnb4.onnx",
  "onnx/model_fp16.onnx",
  "onnx/model_int8.onnx",
  "onnx/model_q4.onnx",
  "onnx/model_q4f16.onnx",
  "onnx/model_quantized.onnx",
  "onnx/model_uint8.onnx",
];

interface PickCase {
  readonly dtype: DtypeChoice;
  readonly device?: ModelDevice;
  readonly paths?: readonly string[];
  readonly path: string | undefined;
  readonly is?: string;
  readonly preferred?: boolean;
}

const cases: readonly PickCase[] = [
  { dtype: "auto", path: "onnx/model_quantized.onnx", is: "int8" },
  {
    dtype: "auto",
    paths: ["onnx/model.onnx", "onnx/model_int8.onnx"],
    path: "onnx/model_int8.onnx",
    is: "int8",
  },
  {
    dtype: "auto",
    paths: ["onnx/model.onnx", "onnx/model_uint8.onnx"],
    path: "onnx/model_uint8.onnx",
    is: "uint8",
  },
  {
    dtype: "auto",
    paths: ["onnx/model.onnx", "onnx/model_q4.onnx"],
    path: "onnx/model.onnx",
    is: "fp32",
  },
  {
    dtype: "auto",
    paths: ["onnx/model_fp16.onnx"],
    path: "onnx/model_fp16.onnx",
    is: "fp16",
    preferred: false,
  },
  { dtype: "auto", paths: ["onnx/model_q4.onnx"], path: undefined },
  { dtype: "auto", device: "cuda", path: "onnx/model_fp16.onnx", is: "fp16" },
  {
    dtype: "auto",
    device: "webgpu",
    paths: ["onnx/model.onnx", "onnx/model_int8.onnx"],
    path: "onnx/model.onnx",
    is: "fp32",
  },
  {
    dtype: "auto",
    device: "cuda",
    paths: ["onnx/model_quantized.onnx"],
    path: "onnx/model_quantized.onnx",
    is: "int8",
    preferred: false,
  },
  { dtype: "int8", path: "onnx/model_quantized.onnx", is: "int8" },
  { dtype: "int8", paths: ["onnx/model_int8.onnx"], path: "onnx/model_int8.onnx", is: "int8" },
  { dtype: "q8", path: "onnx/model_quantized.onnx", is: "int8" },
  { dtype: "q8", paths: ["onnx/model_int8.onnx"], path: undefined },
  { dtype: "fp32", path: "onnx/model.onnx", is: "fp32" },
  { dtype: "fp16", path: "onnx/model_fp16.onnx", is: "fp16" },
  { dtype: "q4f16", path: "onnx/model_q4f16.onnx", is: "q4f16" },
  { dtype: "bnb4", path: "onnx/model_bnb4.onnx", is: "bnb4" },
  { dtype: "fp32", paths: ["model.onnx"], path: "model.onnx", is: "fp32" },
  { dtype: "fp32", paths: ["model.onnx", "onnx/model.onnx"], path: "onnx/model.onnx", is: "fp32" },
  { dtype: "fp32", paths: ["other/model.onnx"], path: undefined },
];

suite("pickWeights()", () => {
  for (const { dtype, device = "cpu", paths = everything, path, is, preferred = true } of cases) {
    test(`takes ${path ?? "nothing"} for ${dtype} on ${device} from ${paths.length} files`, () => {
      const picked = pickWeights(paths, { dtype, device });

      assert.deepEqual(picked, path === undefined ? undefined : { path, dtype: is, preferred });
    });
  }
});

suite("listDtypes()", () => {
  test("names each type once", () => {
    assert.deepEqual(listDtypes(everything), [
      "fp32",
      "fp16",
      "int8",
      "uint8",
      "q4",
      "q4f16",
      "bnb4",
    ]);
    assert.deepEqual(listDtypes(["README.md"]), []);
  });
});
