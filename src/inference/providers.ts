import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { StartupError } from "../errors.ts";
import type { Device, DeviceObstacles } from "./devices.ts";

/**
 * Where onnxruntime-node keeps its native files: one folder for each Node-API version, platform and
 * processor.
 */
const nodeApiFolder = "napi-v6";

/** The library that ONNX Runtime loads for CUDA; it is not part of the npm package. */
const cudaLibraryName = "libonnxruntime_providers_cuda.so";

const require = createRequire(import.meta.url);

/**
 * Returns why each device cannot be used with the installed runtime. It looks only at names and
 * files, in well under a millisecond, since a session that fails for a missing library can take
 * long to get there.
 *
 * The runtime itself cannot be asked: it only warns about an unknown execution provider, and
 * computes on the CPU. Throws a StartupError where it cannot be loaded at all.
 */
export function findDeviceObstacles(nativeFolder: string = runtimeFolder()): DeviceObstacles {
  const listed = new Set(
    loadRuntime()
      .listSupportedBackends()
      .map(({ name }) => name),
  );
  const obstacle = (device: Device): string | undefined => {
    if (!listed.has(device)) return "ONNX Runtime for this platform has no such provider";
    if (device === "cuda" && !existsSync(join(nativeFolder, cudaLibraryName))) {
      return `the library ${cudaLibraryName} is not installed`;
    }
    return undefined;
  };
  return { cpu: obstacle("cpu"), cuda: obstacle("cuda"), webgpu: obstacle("webgpu") };
}

/** Returns the folder with the runtime's native libraries for this platform. */
export function runtimeFolder(): string {
  const manifest = require.resolve("onnxruntime-node/package.json");
  return join(dirname(manifest), "bin", nodeApiFolder, platform(), arch());
}

/** Loads the runtime when it is first needed: an `import` that fails could not be explained. */
function loadRuntime(): typeof import("onnxruntime-node") {
  try {
    return require("onnxruntime-node");
  } catch (cause) {
    const [text] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new StartupError(`ONNX Runtime cannot be loaded: ${text}`, {
      hint: "install the package again on this machine; on Linux it needs glibc, which Alpine does not have",
      cause,
    });
  }
}
