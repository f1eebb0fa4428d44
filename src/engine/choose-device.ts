import { type DeviceName, parseDeviceName, planDevices } from "../inference/devices.ts";
import { findDeviceObstacles } from "../inference/providers.ts";
import type { DtypeChoice, WeightsChoice } from "../models/weights/pick-weights.ts";

/** The operator's choice of device and weights, already checked to be known names. */
export interface DeviceOptions {
  readonly device: string;
  readonly dtype: string;
  /** The path of one ONNX file inside the model; undefined: one is chosen. */
  readonly onnxFile?: string | undefined;
}

/** The device to run on, and the weights that suit it. */
export interface ChosenDevice {
  readonly device: DeviceName;
  readonly weights: WeightsChoice;
}

/**
 * Returns the device to ask the runtime for and the weights that suit the first device it will try.
 * Throws a StartupError if a device was asked for by name and cannot be used here.
 */
export function chooseDevice(options: DeviceOptions): ChosenDevice {
  const device = parseDeviceName(options.device);
  const [first] = planDevices(device, findDeviceObstacles()).attempts;
  const { dtype, onnxFile } = options;
  return { device, weights: { dtype: dtype as DtypeChoice, device: first, onnxFile } };
}
