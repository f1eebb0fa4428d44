import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { listSupportedBackends } from "onnxruntime-node";
import { findDeviceObstacles, runtimeFolder } from "../../src/inference/providers.ts";

const cudaIsListed = listSupportedBackends().some(({ name }) => name === "cuda");
const withoutCuda = !cudaIsListed && "ONNX Runtime has no CUDA on this platform";

suite("runtimeFolder()", () => {
  test("is where the runtime's binding lies", () => {
    assert(existsSync(join(runtimeFolder(), "onnxruntime_binding.node")));
  });
});

suite("findDeviceObstacles()", () => {
  test("finds nothing against the CPU", () => {
    assert.equal(findDeviceObstacles().cpu, undefined);
  });

  test("says that the CUDA library is missing", { skip: withoutCuda }, () => {
    const { cuda } = findDeviceObstacles("/nowhere");
    assert.equal(cuda, "the library libonnxruntime_providers_cuda.so is not installed");
  });

  test("finds nothing against CUDA where its library lies", { skip: withoutCuda }, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "rerankd-providers-"));
    t.after(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "libonnxruntime_providers_cuda.so"), "");
    assert.equal(findDeviceObstacles(folder).cuda, undefined);
  });
});
