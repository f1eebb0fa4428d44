import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  type InstructionSet,
  instructionSetsOf,
} from "../../../src/models/weights/cpu-features.ts";
import {
  type DtypeChoice,
  listDtypes,
  type ModelDevice,
  pickWeights,
} from "../../../src/models/weights/pick-weights.ts";

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
  readonly onnxFile?: string;
  readonly sets?: readonly InstructionSet[];
}

/** What sentence-transformers publishes of its cross-encoders. */
const crossEncoder = [
  "onnx/model.onnx",
  "onnx/model_O1.onnx",
  "onnx/model_O2.onnx",
  "onnx/model_O3.onnx",
  "onnx/model_O4.onnx",
  "onnx/model_qint8_arm64.onnx",
  "onnx/model_qint8_avx512.onnx",
  "onnx/model_qint8_avx512_vnni.onnx",
  "onnx/model_quint8_avx2.onnx",
];

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
  {
    dtype: "auto",
    paths: ["onnx/model_q4.onnx"],
    path: "onnx/model_q4.onnx",
    is: "q4",
    preferred: false,
  },
  {
    dtype: "auto",
    paths: crossEncoder,
    sets: ["avx2", "avx512", "avx512_vnni"],
    path: "onnx/model_qint8_avx512_vnni.onnx",
    is: "int8",
  },
  {
    dtype: "auto",
    paths: crossEncoder,
    sets: ["avx2", "avx512"],
    path: "onnx/model_qint8_avx512.onnx",
    is: "int8",
  },
  {
    dtype: "auto",
    paths: crossEncoder,
    sets: ["avx2"],
    path: "onnx/model_quint8_avx2.onnx",
    is: "uint8",
  },
  {
    dtype: "auto",
    paths: crossEncoder,
    sets: ["arm64"],
    path: "onnx/model_qint8_arm64.onnx",
    is: "int8",
  },
  { dtype: "auto", paths: crossEncoder, sets: [], path: "onnx/model.onnx", is: "fp32" },
  { dtype: "int8", paths: crossEncoder, sets: ["avx2"], path: undefined },
  { dtype: "auto", device: "cuda", paths: crossEncoder, path: "onnx/model_O4.onnx", is: "fp16" },
  { dtype: "fp32", paths: crossEncoder, path: "onnx/model.onnx", is: "fp32" },
  { dtype: "fp32", paths: ["onnx/model_O2.onnx"], path: "onnx/model_O2.onnx", is: "fp32" },
  { dtype: "auto", paths: ["model_quant.onnx"], path: "model_quant.onnx", is: "int8" },
  { dtype: "auto", paths: ["a/b/reranker.onnx"], path: "a/b/reranker.onnx" },
  { dtype: "auto", paths: ["one.onnx", "two.onnx"], path: undefined },
  { dtype: "fp32", paths: ["reranker.onnx"], path: undefined },
  {
    dtype: "auto",
    paths: crossEncoder,
    onnxFile: "./onnx/model_O3.onnx",
    path: "onnx/model_O3.onnx",
    is: "fp32",
  },
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
  { dtype: "fp32", paths: ["other/model.onnx"], path: "other/model.onnx", is: "fp32" },
];

suite("pickWeights()", () => {
  for (const { dtype, device = "cpu", paths = everything, path, is, ...more } of cases) {
    const { sets = [], onnxFile, preferred = true } = more;
    const where = `${dtype} on ${[device, ...sets].join(" ")} from ${paths.length} files`;
    test(`takes ${path ?? "nothing"} for ${onnxFile ?? where}`, () => {
      const picked = pickWeights(paths, {
        dtype,
        device,
        onnxFile,
        instructionSets: new Set(sets),
      });

      const { reason, ...found } = picked ?? {};
      assert.deepEqual(found, path === undefined ? {} : { path, dtype: is, preferred });
      assert(picked === undefined || reason);
    });
  }

  const refused: readonly (readonly [string | undefined, string[], RegExp, RegExp])[] = [
    [
      "onnx/no.onnx",
      crossEncoder,
      /no ONNX file `onnx\/no\.onnx`/,
      /there are: onnx\/model\.onnx, /,
    ],
    [
      "onnx/model_qint8_arm64.onnx",
      crossEncoder,
      /made for CPUs with arm64, and this one/,
      /there are: onnx\/model\.onnx, .*O4.*, onnx\/model_quint8_avx2\.onnx$/,
    ],
    [
      undefined,
      ["onnx/model_qint8_avx512_vnni.onnx"],
      /made for CPUs with avx512_vnni/,
      /the only ONNX file/,
    ],
  ];
  for (const [onnxFile, paths, message, hint] of refused) {
    test(`refuses ${onnxFile ?? paths.join(", ")} on a CPU with AVX2`, () => {
      const choice = { dtype: "auto", device: "cpu", onnxFile } as const;

      assert.throws(() => pickWeights(paths, { ...choice, instructionSets: new Set(["avx2"]) }), {
        name: "StartupError",
        message,
        hint,
      });
    });
  }
});

suite("instructionSetsOf()", () => {
  test("reads the flags that Linux lists", () => {
    const flags = "flags\t\t: fpu avx2 avx512f avx512bw avx512vl avx512_vnni\nflags\t\t: fpu\n";

    assert.deepEqual([...instructionSetsOf(flags)], ["avx2", "avx512", "avx512_vnni"]);
    assert.deepEqual([...instructionSetsOf("flags : avx2 avx512f")], ["avx2"]);
    assert.deepEqual([...instructionSetsOf("")], []);
  });
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
