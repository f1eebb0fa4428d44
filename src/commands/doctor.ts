import { arch, platform } from "node:os";
import type { DoctorConfig } from "../config/doctor-config.ts";
import type { EngineConfig } from "../config/engine-config.ts";
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
import { checkModel, type ModelCheck } from "./doctor/check-model.ts";
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
  const devices = checkDevices();
  const models: (ModelCheck & { readonly engine: EngineConfig })[] = [];
  for (const engine of serve.models)
    models.push({ engine, ...(await checkModel(engine, context)) });
  const weights = models.flatMap(({ weightBytes = [] }) => weightBytes);
  const memory = checkMemory(weights.length > 0 ? sumOf(weights) : undefined);
  const ofModels = async (check: (model: (typeof models)[number]) => Check | Promise<Check>) => {
    const checks: Check[] = [];
    for (const model of models) checks.push(await check(model));
    return models.length > 1 ? checks.map(numbered) : checks;
  };
  const skipped: Check = { name: "a ranking", state: "skipped", found: "the model is not loaded" };
  const canLoad = memory.state === "ok" && devices.state !== "fault";
  const checks: Check[] = [
    checkNode(context.nodeVersion),
    checkInstructions(),
    ...(await ofModels(async ({ engine, model }) => checkThreads(await planOf(engine, model)))),
    memory,
    devices,
    ...(await ofModels(({ check }) => check)),
    ...(await ofModels(({ engine, model, check }) =>
      canLoad && model !== undefined && check.state === "ok"
        ? checkTrial(engine, context)
        : skipped,
    )),
    await checkPort(serve),
    await checkTls(serve),
    await checkApiKeys(serve),
    await checkHub({ env, needed: models.some(({ needsHub }) => needsHub), signal: stop }),
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
async function planOf(
  engine: EngineConfig,
  model: ModelDirectory | undefined,
): Promise<WorkerPlan> {
  const unknown: SizedModel = {
    directory: "",
    weightPaths: [],
    rowByRow: false,
    config: { width: undefined },
  };
  return await chooseWorkers(model ?? unknown, { ...engine, device: firstDeviceOf(engine) });
}

/**
 * Returns the first device that is tried; the CPU in place of one that cannot be used, which the check
 * of the devices reports.
 */
function firstDeviceOf(engine: EngineConfig): Device {
  try {
    return chooseDevice(engine).weights.device;
  } catch {
    return "cpu";
  }
}

/** Returns the check of one of several models under a name of its own. */
function numbered(check: Check, index: number): Check {
  return { ...check, name: `${check.name} ${index + 1}` };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
