import type { PullConfig } from "../config/serve-config.ts";
import { downloadModel } from "../models/hub-download.ts";
import { readHubOptions } from "../models/hub-options.ts";
import { chooseWeights } from "./choose-weights.ts";
import { createProgressDisplay } from "./progress.ts";
import type { ProcessContext } from "./run.ts";

/** Downloads a model's needed files into the hub cache and returns the folder of its snapshot. */
export async function pull(config: PullConfig, context: ProcessContext): Promise<string> {
  const { env, stderr, stop } = context;
  const { modelId: id, revision, verify } = config;
  const display = createProgressDisplay(stderr, { env });
  try {
    const { directory, replaced } = await downloadModel({
      id,
      revision,
      verify,
      ...chooseWeights(config).weights,
      hub: await readHubOptions(env),
      onProgress: display.update,
      signal: stop,
    });
    display.done();
    for (const path of replaced) {
      stderr.write(`${path} was not as the hub has it, and was fetched again\n`);
    }
    return directory;
  } catch (error) {
    display.done();
    throw error;
  }
}
