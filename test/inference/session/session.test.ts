import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { StartupError } from "../../../src/errors.ts";
import type { EncodedBatch } from "../../../src/inference/backend.ts";
import { findDeviceObstacles } from "../../../src/inference/providers.ts";
import { openSession } from "../../../src/inference/session/session.ts";
import type { OpenSessionOptions } from "../../../src/inference/session/session-options.ts";
import { batchOf, expectedSums, fixturePath } from "../../fakes/inference-fixtures.ts";
import { type MadeOnnx, onnxBytes } from "../../fakes/onnx-bytes.ts";

const rows = [[1, 2, 3], [250_001], [65_536, 65_537]];
const none = { cpu: undefined, cuda: undefined, webgpu: undefined };
const { cuda: cudaObstacle } = findDeviceObstacles();

async function run(
  name: string,
  batch: EncodedBatch,
  options: Partial<OpenSessionOptions> = {},
): Promise<number[]> {
  const session = await openSession({ modelPath: fixturePath(name), device: "cpu", ...options });
  try {
    return [...(await session.run(batch))];
  } finally {
    await session.close();
  }
}

async function refuses(options: OpenSessionOptions, message: RegExp, hint: RegExp): Promise<void> {
  await assert.rejects(openSession(options), (error) => {
    assert(error instanceof StartupError);
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
    return true;
  });
}

suite("openSession()", () => {
  for (const name of [
    "sum",
    "sum-flat",
    "sum-int32-inputs",
    "sum-other-output-name",
    "two-outputs",
  ]) {
    test(`scores rows of different lengths with the graph ${name}`, async () => {
      assert.deepEqual(await run(name, batchOf(rows)), expectedSums(rows));
    });
  }

  test("widens half floats", async () => {
    assert.deepEqual(await run("sum-fp16", batchOf([[25, 25], [150]])), [0.5, 1.5]);
  });

  test("feeds segment ids to a graph that has the input", async () => {
    const batch = batchOf([[1, 2, 3], [50]], [[0, 1, 1], [0]]);
    assert.deepEqual(await run("type-ids", batch), [Math.fround(2000.06), 0.5]);
  });

  test("scores the same whatever the threads", async () => {
    for (const options of [{ threads: 1 }, { threads: 3, spinning: true }]) {
      assert.deepEqual(await run("sum", batchOf(rows), options), expectedSums(rows));
    }
  });

  test("says what it runs on", async () => {
    const modelPath = fixturePath("type-ids");
    const session = await openSession({ modelPath, device: "cpu", dtype: "fp32", threads: 2 });
    assert.deepEqual(session.info, {
      device: "cpu",
      dtype: "fp32",
      threads: 2,
      inputs: ["input_ids", "attention_mask", "token_type_ids"],
      rowByRow: false,
      notes: [],
    });
    await session.close();
  });

  test("decides on a number of threads itself", async () => {
    const session = await openSession({ modelPath: fixturePath("sum"), device: "cpu" });
    assert(session.info.threads >= 1);
    await session.close();
  });

  test("feeds positions from where the model counts them", async () => {
    assert.deepEqual(await run("position-ids", batchOf([[10, 20]])), [0.5]);
    const counted = await run("position-ids", batchOf([[10, 20]]), { firstPosition: 2 });
    assert.deepEqual(counted, [Math.fround(1.1)]);
  });

  for (const [name, message] of [
    ["no-mask", /no input `attention_mask`/],
    ["fixed-shape", /free batch and length, got: \[1, 8\]/],
    ["three-labels", /this model has 3 labels per pair; a reranker has 1/],
    ["sum-int64-output", /`logits` must be float32 or float16, got: `int64`/],
    ["two-outputs-no-logits", /no output `logits`, only `first`, `second`/],
  ] as const) {
    test(`refuses the graph ${name}`, async () => {
      await refuses({ modelPath: fixturePath(name), device: "cpu" }, message, /export the model/);
    });
  }
});

suite("openSession() with a bad file", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rerankd-session-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function refusesFile(name: string, message: RegExp, hint: RegExp): Promise<void> {
    await refuses({ modelPath: join(folder, name), device: "cpu" }, message, hint);
    await assert.rejects(openSession({ modelPath: join(folder, name), device: "cpu" }), (error) => {
      assert(error instanceof StartupError);
      assert(!error.message.includes(folder), `names the folder: ${error.message}`);
      return true;
    });
  }

  test("names a missing file", async () => {
    await refusesFile("none.onnx", /^the model file `none.onnx` does not exist$/, /download/);
  });

  test("names a folder, an empty file and a file that is no model", async () => {
    await mkdir(join(folder, "folder.onnx"));
    await refusesFile("folder.onnx", /`folder.onnx` is not a file/, /name another model/);
    await writeFile(join(folder, "empty.onnx"), "");
    await refusesFile("empty.onnx", /`empty.onnx` is empty/, /a whole one/);
    await writeFile(join(folder, "page.onnx"), "<html>404</html>");
    await refusesFile("page.onnx", /`page.onnx` is damaged$/, /rerankd pull --verify/);
  });

  test("names a file that was cut off", async () => {
    const whole = await readFile(fixturePath("sum"));
    for (const share of [0.25, 0.5, 0.75, 0.95]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      await writeFile(join(folder, "cut.onnx"), cut);
      await refusesFile("cut.onnx", /`cut.onnx` is damaged$/, /rerankd pull --verify/);
    }
  });
});

/** For the `skip` of tests of machines that have no CUDA. */
const withCuda = cudaObstacle === undefined && "CUDA works here";

suite("openSession() says in one sentence", () => {
  const faults: readonly (readonly [string, MadeOnnx, RegExp, RegExp])[] = [
    ["that the IR is newer", { irVersion: 99 }, /has IR version 99, .* up to \d+$/, /export/],
    ["that the opset is newer", { opsets: { "": 99 } }, /needs opset 99, .* up to \d+$/, /export/],
    [
      "that an operator is custom",
      { nodes: [{ operator: "Foo", domain: "com.acme" }], opsets: { "": 17, "com.acme": 1 } },
      /uses the operator `com\.acme:Foo`, which/,
      /without custom operators/,
    ],
    [
      "that the graph does not fit",
      { nodes: [{ operator: "Identity", inputs: ["nothing"] }] },
      /does not fit/,
      /--dtype/,
    ],
    [
      "that weights beside it are missing",
      {
        nodes: [{ operator: "Identity", inputs: ["W"] }],
        tensors: [{ dims: [4, 1], location: "weights.bin" }],
      },
      /weights in a file that cannot be read/,
      /beside it/,
    ],
  ];
  for (const [title, made, message, hint] of faults) {
    test(title, async (context) => {
      const folder = await mkdtemp(join(tmpdir(), "rerankd-session-"));
      context.after(() => rm(folder, { recursive: true }));
      const modelPath = join(folder, "model.onnx");
      await writeFile(modelPath, onnxBytes(made));

      await refuses({ modelPath, device: "cpu" }, message, hint);
      await assert.rejects(openSession({ modelPath, device: "cpu" }), (error) => {
        assert(error instanceof StartupError);
        assert.doesNotMatch(`${error.message} ${error.hint}`, /damaged|fetch|download/);
        return true;
      });
    });
  }
});

suite("openSession() on a device", () => {
  test("falls back to the CPU for auto and says why", {
    skip: withCuda,
  }, async () => {
    const session = await openSession({ modelPath: fixturePath("sum"), device: "auto" });
    assert.equal(session.info.device, "cpu");
    assert.deepEqual(session.info.notes, [`cuda is not used: ${cudaObstacle}`]);
    await session.close();
  });

  test("refuses CUDA where it is not there", { skip: withCuda }, async () => {
    const options = { modelPath: fixturePath("sum"), device: "cuda" } as const;
    await refuses(options, /the device `cuda` cannot be used/, /onnxruntime-node\/script\/install/);
  });

  test("falls back when CUDA fails only as it starts", {
    skip: withCuda,
  }, async () => {
    const modelPath = fixturePath("sum");
    const session = await openSession({ modelPath, device: "auto" }, { deviceObstacles: none });
    assert.equal(session.info.device, "cpu");
    assert.match(session.info.notes.join(), /^cuda is not used: .*Cuda/);
    assert.deepEqual([...(await session.run(batchOf([[50]])))], [0.5]);
    await session.close();
  });

  test("refuses CUDA that fails only as it starts", {
    skip: withCuda,
  }, async () => {
    const options = { modelPath: fixturePath("sum"), device: "cuda" } as const;
    await assert.rejects(openSession(options, { deviceObstacles: none }), (error) => {
      assert(error instanceof StartupError);
      assert.match(error.message, /the device `cuda` cannot be used/);
      assert.match(error.hint ?? "", /onnxruntime-node\/script\/install/);
      return true;
    });
  });
});

suite("session.run()", () => {
  test("rejects a batch with a score that is not a number, and goes on", async () => {
    const session = await openSession({ modelPath: fixturePath("nan-on-7"), device: "cpu" });
    await assert.rejects(session.run(batchOf([[1], [7]])), {
      name: "RerankError",
      code: "internal",
      message: "the model answered a score that is not a finite number",
    });
    assert.deepEqual([...(await session.run(batchOf([[50]])))], [0.5]);
    await session.close();
  });

  test("rejects ids out of the vocabulary, and goes on", async () => {
    const session = await openSession({
      modelPath: fixturePath("vocabulary-of-10"),
      device: "cpu",
    });
    for (const id of [10, 2 ** 31 - 1, -1]) {
      await assert.rejects(session.run(batchOf([[1, id]])), {
        name: "RerankError",
        code: "internal",
        message: "the model could not compute this batch",
      });
    }
    assert.deepEqual([...(await session.run(batchOf([[5]])))], [Math.fround(0.05)]);
    await session.close();
  });

  test("rejects labels that only the run shows", async () => {
    await assert.rejects(run("labels-from-first-id", batchOf([[3]])), {
      message: "this model has 3 labels per pair; a reranker has 1",
    });
    assert.deepEqual(await run("labels-from-first-id", batchOf([[1]])), [Math.fround(0.01)]);
  });

  test("rejects a batch that contradicts itself", async () => {
    await assert.rejects(run("sum", { ...batchOf(rows), rows: 2 }), /is malformed/);
  });
});
