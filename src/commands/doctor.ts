import { arch, platform } from "node:os";
import type { DoctorConfig } from "../config/doctor-config.ts";
import type { ServeConfig } from "../config/serve-config.ts";
import { chooseDevice } from "../engine/choose-device.ts";
import { chooseWorkers, type SizedModel } from "../engine/choose-workers.ts";
import type { Device } from "../inference/devices.ts";
import type { WorkerPlan } from "../inference/worker-plan.ts";
import type { ModelDirectory } from "../models/open-model.ts";
import { packageVersion } from "../package-root.ts";
import { formatCheckList } from "../terminal/check-list.ts";
import { hasColors } from "../terminal/has-colors.ts";
import type { Check } from "./doctor/check.ts";
import { checkDevices } from "./doctor/check-devices.ts";
import { checkHub } from "./doctor/check-hub.ts";
import { checkInstructions, checkMemory, checkNode, checkThreads } from "./doctor/check-machine.ts";
import { checkModel } from "./doctor/check-model.ts";
import { checkPort } from "./doctor/check-port.ts";
import { checkApiKeys, checkTls } from "./doctor/check-security.ts";
import { checkTrial } from "./doctor/check-trial.ts";
import { writeOutput } from "./files/write-output.ts";
import type { ProcessContext } from "./process-context.ts";

/** Width of the output if the terminal's width is unknown. */
const defaultColumns = 80;

/**
 * Looks at everything that a server with the same flags and environment would need, prints what was
 * found and what to do, and returns whether nothing is at fault. Starts no server and fetches
 * nothing; the model is loaded only if there is memory for a second one.
 */
export async function doctor(config: DoctorConfig, context: ProcessContext): Promise<boolean> {
  const { env, stdout, stop } = context;
  const { serve, json } = config;
  const devices = await checkDevices();
  const { check: model, weightBytes, model: found, needsHub } = await checkModel(serve, context);
  const memory = checkMemory(weightBytes);
  const skipped: Check = { name: "a ranking", state: "skipped", found: "the model is not loaded" };
  const canLoad = found !== undefined && memory.state === "ok" && model.state === "ok";
  const checks: Check[] = [
    checkNode(context.nodeVersion),
    checkInstructions(),
    checkThreads(await planOf(serve, found)),
    memory,
    devices,
    model,
    canLoad && devices.state !== "fault" ? await checkTrial(serve, context) : skipped,
    await checkPort(serve),
    await checkTls(serve),
    await checkApiKeys(serve),
    await checkHub({ env, needed: needsHub, signal: stop }),
  ];
  const version = packageVersion();
  const isSound = checks.every(({ state }) => state !== "fault");
  if (json) {
    const report = { version, platform: platform(), arch: arch(), ok: isSound, checks };
    await writeOutput(stdout, `${JSON.stringify(report, undefined, 2)}\n`);
    return isSound;
  }
  const columns = stdout.columns || defaultColumns;
  const list = formatCheckList(checks, { columns, color: hasColors(stdout, env) });
  await writeOutput(stdout, `rerankd ${version}\n${list}`);
  return isSound;
}

/** Returns how the model would be run; where there is none, as far as that can be told. */
async function planOf(serve: ServeConfig, model: ModelDirectory | undefined): Promise<WorkerPlan> {
  const unknown: SizedModel = {
    directory: "",
    weightPaths: [],
    rowByRow: false,
    config: { width: undefined },
  };
  return await chooseWorkers(model ?? unknown, { ...serve, device: firstDeviceOf(serve) });
}

/**
 * Returns the first device that is tried; the CPU in place of one that cannot be used, which the check
 * of the devices reports.
 */
function firstDeviceOf(serve: ServeConfig): Device {
  try {
    return chooseDevice(serve).weights.device;
  } catch {
    return "cpu";
  }
}
