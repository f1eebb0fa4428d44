import { StartupError } from "../errors.ts";

/** The device names that `--device` accepts. */
const deviceNames = ["auto", "cpu", "cuda", "webgpu"] as const;

/** A choice of device, as the operator makes it. */
export type DeviceName = (typeof deviceNames)[number];

/** A device that a model can run on. */
export type Device = Exclude<DeviceName, "auto">;

/** Why each device cannot be used here; `undefined` for one that can be tried. */
export type DeviceObstacles = Readonly<Record<Device, string | undefined>>;

/** Devices to try, in order, and what was ruled out before. */
export interface DevicePlan {
  readonly attempts: readonly [Device, ...Device[]];
  /** One sentence for each device that `auto` passed over. */
  readonly notes: readonly string[];
}

const hints: Readonly<Record<Device, string>> = {
  cpu: "Reinstall onnxruntime-node for this platform.",
  cuda:
    "Install the CUDA libraries with `ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install` " +
    "on a machine with an NVIDIA driver, CUDA 12 and cuDNN 9, or use `--device cpu`.",
  webgpu: "WebGPU needs a Vulkan, Metal or Direct3D 12 driver; use `--device cpu` without one.",
};

/**
 * Returns `text` as a device name. Throws a StartupError that lists the known names for any other
 * text.
 */
export function parseDeviceName(text: string): DeviceName {
  const name = deviceNames.find((known) => known === text);
  if (name !== undefined) return name;
  const known = deviceNames.map((device) => `\`${device}\``).join(", ");
  throw new StartupError(`the device must be one of ${known}, got: \`${text}\``);
}

/**
 * Returns the devices to try for a choice. `auto` is CUDA if its libraries are there, then the CPU.
 * It leaves WebGPU out: a WebGPU adapter may be a software renderer that is slower than the CPU,
 * and quantized operators are missing there. Throws a StartupError with a hint if the one device
 * that was asked for has an obstacle.
 */
export function planDevices(name: DeviceName, obstacles: DeviceObstacles): DevicePlan {
  if (name === "auto") {
    const obstacle = obstacles.cuda;
    if (obstacle === undefined) return { attempts: ["cuda", "cpu"], notes: [] };
    return { attempts: ["cpu"], notes: [`cuda is not used: ${obstacle}`] };
  }
  const obstacle = obstacles[name];
  if (obstacle !== undefined) throw deviceError(name, obstacle);
  return { attempts: [name], notes: [] };
}

/** The error for a device that was asked for and does not work, with a hint on how to get it. */
export function deviceError(device: Device, reason: string, cause?: unknown): StartupError {
  const message = `the device \`${device}\` cannot be used: ${reason}`;
  return new StartupError(message, { hint: hints[device], cause });
}
