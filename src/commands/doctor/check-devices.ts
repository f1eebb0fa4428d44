import { existsSync } from "node:fs";
import type { DeviceObstacles } from "../../inference/devices.ts";
import { type Check, messageOf } from "./check.ts";

const name = "GPU libraries";

/** File with the version of NVIDIA's driver on Linux. */
const nvidiaDriver = "/proc/driver/nvidia/version";

/** Checks which libraries of GPUs the runtime has, and that the runtime's own can be loaded. */
export async function checkDevices(
  load: () => Promise<DeviceObstacles> = loadObstacles,
  hasNvidia: boolean = existsSync(nvidiaDriver),
): Promise<Check> {
  let obstacles: DeviceObstacles;
  try {
    obstacles = await load();
  } catch (error) {
    const found = `ONNX Runtime cannot be loaded: ${messageOf(error).split("\n")[0]}`;
    const advice =
      "install the package again on this machine; on Linux it needs glibc, which Alpine does not have";
    return { name, state: "fault", found, advice };
  }
  const { cuda, webgpu } = obstacles;
  const found = `cuda: ${cuda ?? "installed"}; webgpu: ${webgpu ?? "installed"}`;
  if (cuda === undefined || !hasNvidia) return { name, state: "ok", found };
  return {
    name,
    state: "warning",
    found: `an NVIDIA driver is here, but ${cuda}`,
    advice:
      "to use the GPU, install CUDA's libraries with `ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install`",
  };
}

async function loadObstacles(): Promise<DeviceObstacles> {
  const { findDeviceObstacles } = await import("../../inference/providers.ts");
  return findDeviceObstacles();
}
