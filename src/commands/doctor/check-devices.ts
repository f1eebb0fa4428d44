import { existsSync } from "node:fs";
import type { DeviceObstacles } from "../../inference/devices.ts";
import { findDeviceObstacles } from "../../inference/providers.ts";
import { type Check, hintOf, messageOf } from "./check.ts";

const name = "GPU libraries";

/** File with the version of NVIDIA's driver on Linux. */
const nvidiaDriver = "/proc/driver/nvidia/version";

/** Checks which libraries of GPUs the runtime has, and that the runtime's own can be loaded. */
export function checkDevices(
  find: () => DeviceObstacles = findDeviceObstacles,
  hasNvidia: boolean = existsSync(nvidiaDriver),
): Check {
  let obstacles: DeviceObstacles;
  try {
    obstacles = find();
  } catch (error) {
    return { name, state: "fault", found: messageOf(error), advice: hintOf(error) };
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
