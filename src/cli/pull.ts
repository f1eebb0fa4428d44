import type { PullConfig } from "../config/serve-config.ts";
import { downloadModel } from "../models/hub-download.ts";
import { readHubOptions } from "../models/hub-options.ts";
import { chooseWeights } from "./choose-weights.ts";
import { createProgressDisplay } from "./progress.ts";
import type { ProcessContext } from "./run.ts";

/** Downloads a model's needed files into the hub cache and returns the folder of its snapshot. */
export async function pull(config: PullConfig, context: ProcessContext): Promise<string> {
  const { env, stderr, stop } = context;
  const { modelId: id, revision } = config;
  const display = createProgressDisplay(stderr, { env });
  try {
    const { directory } = await downloadModel({
      id,
      revision,
      ...chooseWeights(config).weights,
      hub: await readHubOptions(env),
      onProgress: display.update,
      signal: stop,
    });
    return directory;
  } finally {
    display.done();
  }
}
