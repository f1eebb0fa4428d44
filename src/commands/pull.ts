import type { PullConfig } from "../config/serve-config.ts";
import { chooseDevice } from "../engine/choose-device.ts";
import { downloadModel } from "../models/hub/hub-download.ts";
import { readHubOptions } from "../models/hub/hub-options.ts";
import { describeLicense, readLicense } from "../models/license.ts";
import { findCached } from "../models/resolve-model.ts";
import { createProgressDisplay } from "../terminal/progress.ts";
import type { ProcessContext } from "./process-context.ts";

/**
 * Downloads a model's needed files into the hub cache and returns the folder of its snapshot; says
 * on `stderr` what its licence is. Where the network must not be used, a model that is in the cache
 * is enough.
 */
export async function pull(config: PullConfig, context: ProcessContext): Promise<string> {
  const { env, stderr, stop } = context;
  const { modelId: id, revision, verify } = config;
  const options = { revision, ...chooseDevice(config).weights, hub: await readHubOptions(env) };
  const cached = options.hub.offline && !verify ? await findCached(options, id) : undefined;
  const isEnough = cached?.preferred && cached.fault === undefined;
  const display = createProgressDisplay(stderr, { env });
  const downloading = isEnough
    ? Promise.resolve({ ...cached, replaced: [] })
    : downloadModel({ ...options, id, verify, onProgress: display.update, signal: stop });
  const { directory, replaced } = await downloading.finally(display.done);
  for (const path of replaced) {
    stderr.write(`${path} was not as the hub has it, and was fetched again\n`);
  }
  stderr.write(`${describeLicense(await readLicense(id, directory, true))}\n`);
  return directory;
}
