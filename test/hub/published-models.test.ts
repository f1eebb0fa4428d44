import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { after, before, suite, test } from "node:test";
import { downloadModel } from "../../src/models/hub/hub-download.ts";
import { readHubOptions } from "../../src/models/hub/hub-options.ts";
import { openModel } from "../../src/models/open-model.ts";
import type { InstructionSet } from "../../src/models/weights/cpu-features.ts";
import { type FakeHub, startHubServer } from "../fakes/hub-server.ts";
import { makeTempFolder } from "../models/tiny-model.ts";
import { hubModelOf, publishedModels } from "./published-models.ts";

const cpus: readonly (readonly InstructionSet[])[] = [
  ["avx2", "avx512", "avx512_vnni"],
  ["avx2"],
  [],
];

suite("the most used rerankers, as the hub has them", () => {
  let hub: FakeHub;
  before(async () => {
    hub = await startHubServer(publishedModels.map(hubModelOf));
  });
  after(() => hub.close());

  for (const { id, taken, activation, maxLength } of publishedModels) {
    for (const [i, sets] of cpus.entries()) {
      const choice = { dtype: "auto", device: "cpu", instructionSets: new Set(sets) } as const;
      test(`${id} gives ${taken[i]} to a CPU with ${sets.at(-1) ?? "nothing"}`, async (context) => {
        const home = await makeTempFolder(context);
        const env = { HF_HOME: home, HF_ENDPOINT: hub.endpoint };

        const { directory } = await downloadModel({
          id,
          ...choice,
          hub: await readHubOptions(env),
        });
        const model = await openModel({ name: id, directory, ...choice });

        assert.equal(basename(model.onnxPath), `${taken[i]}.onnx`);
        assert.deepEqual(await readdir(join(directory, "onnx")), [`${taken[i]}.onnx`]);
        assert.equal(model.rowByRow, taken[i] !== "model");
        assert.equal(model.dtype, taken[i] === "model" ? "fp32" : "uint8");
        assert.equal(model.activation.activation, activation);
        // The tables of the tiny graphs that stand in have 128 positions, where they tell.
        assert([maxLength, 128].includes(model.config.maxPositionTokens ?? 0));
      });
    }
  }
});
