import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { packageRoot } from "../../server-process.ts";
import { createCallers } from "../callers.ts";
import type { Fault } from "../fault.ts";
import { smallQuestion } from "../load.ts";
import { startRealServer } from "../real-server.ts";
import { createTally } from "../tally.ts";
import { breakUnderLoad } from "../with-load.ts";

/** Copies the bundled model to a folder, which is removed after `use`. */
async function withModelCopy<T>(use: (folder: string, weights: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "rerankd-model-"));
  try {
    await cp(join(packageRoot, "models", "rerankd-multilingual-v1"), folder, { recursive: true });
    return await use(folder, join(folder, "onnx", "model_quantized.onnx"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** How often to ask again while the server has no model, in milliseconds. */
const pollMs = 50;

/** The file of the weights changes under a server that runs, which then loses its worker. */
export const modelFileChanged: Fault = {
  name: "the model file is cut in half while the server runs, and then its thread crashes",
  promise:
    "the loaded model keeps serving; without one calls are refused; the repaired file is found",
  run: () =>
    withModelCopy(async (modelId, weights) => {
      const { result, tally } = await breakUnderLoad(
        async ({ server, load }) => {
          const bytes = await readFile(weights);
          await truncate(weights, Math.floor(bytes.length / 2));
          await load.answered(30);
          const from = server.lines.length;
          server.sabotage({ type: "crash", how: "exit" });
          await server.logged("the inference worker ended and is being restarted", from);
          const refusedBefore = load.tally.refused;
          while (load.tally.refused === refusedBefore) await wait(pollMs);
          const health = await fetch(`${server.url}/health`);
          assert.equal(health.status, 503);
          assert.match(await health.text(), /"status":"restarting"/);
          await writeFile(weights, bytes);
          const { recovery_ms } = await server.logged("the inference worker is back", from);
          return Number(recovery_ms);
        },
        { modelId },
      );
      const happened = "answered until the crash, refused until the file was whole again";
      return { happened, tally, recoveryMs: result };
    }),
};

/** Files that cannot be served. */
export const modelFileBroken: Fault = {
  name: "the model file is cut, then empty, at the start",
  promise: "the server does not start, and says which file and what to do",
  run: () =>
    withModelCopy(async (modelId, weights) => {
      const tally = createTally();
      const breakages: readonly (readonly [() => Promise<void>, RegExp])[] = [
        [() => truncate(weights, 1_000_000), /error: .*model_quantized\.onnx/],
        [() => truncate(weights, 0), /error: .*model_quantized\.onnx is empty/],
      ];
      for (const [breakIt, message] of breakages) {
        await breakIt();
        const start = startRealServer({ modelId });
        await assert.rejects(start, message);
      }
      const mended = await startRealServer();
      for (const caller of createCallers(mended.port)) {
        tally.add((await caller.call(smallQuestion)).outcome);
        caller.close();
      }
      await mended.end();
      return { happened: "status 1 and an error that names the file, each time", tally };
    }),
};
