import type { PullConfig } from "../config/serve-config.ts";
import { downloadModel } from "../models/hub-download.ts";
import { readHubOptions } from "../models/hub-options.ts";
import { describeLicense, readLicense } from "../models/license.ts";
import { findCached } from "../models/resolve-model.ts";
import { chooseWeights } from "./choose-weights.ts";
import { createProgressDisplay } from "./progress.ts";
import type { ProcessContext } from "./run.ts";

/**
 * Downloads a model's needed files into the hub cache and returns the folder of its snapshot; says
 * on `stderr` what its licence is. Where the network must not be used, a model that is in the cache
 * is enough.
 */
export async function pull(config: PullConfig, context: ProcessContext): Promise<string> {
  const { env, stderr, stop } = context;
  const { modelId: id, revision } = config;
  const options = { revision, ...chooseWeights(config).weights, hub: await readHubOptions(env) };
  const cached = options.hub.offline ? await findCached(options, id) : undefined;
  const display = createProgressDisplay(stderr, { env });
  const downloading = cached?.preferred
    ? Promise.resolve(cached)
    : downloadModel({ ...options, id, onProgress: display.update, signal: stop });
  const { directory } = await downloading.finally(display.done);
  stderr.write(`${describeLicense(await readLicense(id, directory, true))}\n`);
  return directory;
}
