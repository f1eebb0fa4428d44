import { join } from "node:path";
import type { TestContext } from "node:test";
import type { DownloadModelOptions } from "../../src/models/hub/hub-download.ts";
import { readHubOptions } from "../../src/models/hub/hub-options.ts";
import { type FakeHub, sha256, startHubServer } from "../fakes/hub-server.ts";
import { makeTempFolder, tinyHubModel, tinyModelFiles } from "./tiny-model.ts";

/** The path of the small model's int8 weights. */
export const weightsFile = "onnx/model_quantized.onnx";

/** The bytes of the small model's int8 weights. */
export const weights = tinyModelFiles()[weightsFile] ?? Buffer.of();

/** Matches the path under which the second origin serves the weights. */
export const weightsRequest = new RegExp(sha256(weights));

/** A running stand-in for the hub, and how to download the small model from it. */
export interface TinyHub {
  readonly hub: FakeHub;
  readonly options: DownloadModelOptions;
  /** The folder that holds all models. */
  readonly cache: string;
  /** The model's folder in the cache. */
  readonly repo: string;
}

/** Starts a stand-in for the hub with one model, and an empty cache. Both go away with the test. */
export async function startTinyHub(
  context: TestContext,
  model = tinyHubModel(),
  env: Readonly<Record<string, string>> = {},
): Promise<TinyHub> {
  const home = await makeTempFolder(context);
  const hub = await startHubServer([model]);
  context.after(() => hub.close());
  const hubOptions = await readHubOptions({ HF_HOME: home, HF_ENDPOINT: hub.endpoint, ...env });
  const retryPolicy = { attempts: 5, firstDelayMs: 1 };
  const options = {
    id: "owner/tiny",
    dtype: "auto",
    device: "cpu",
    hub: hubOptions,
    retryPolicy,
  } as const;
  const cache = join(home, "hub");
  return { hub, options, cache, repo: join(cache, "models--owner--tiny") };
}
