/** The package's main export: the engine of the server, in the caller's own process. */
import process from "node:process";
import { type EngineSettings, parseEngineSettings } from "./config/engine-settings.ts";
import { UsageError } from "./config/options/parse-options.ts";
import { type LoadedReranker, startReranker } from "./engine/start-reranker.ts";
import { RerankError } from "./errors.ts";
import { ortEnvironment } from "./inference/ort-environment.ts";
import type { DownloadProgress } from "./models/hub/hub-download.ts";
import type { Logger } from "./telemetry/log.ts";

export type { EngineSettings } from "./config/engine-settings.ts";
export type { LoadedReranker, RerankerInfo, RerankOptions } from "./engine/start-reranker.ts";
export { RerankError, type RerankErrorCode, StartupError } from "./errors.ts";
export type { DownloadProgress } from "./models/hub/hub-download.ts";
export type {
  Passage,
  RankedDocument,
  RerankRequest,
  RerankResult,
  Timings,
} from "./reranker/rerank-request.ts";
export type { Logger } from "./telemetry/log.ts";

/** Options of loadReranker. */
export interface LoadRerankerOptions extends EngineSettings {
  /**
   * Whether the network must not be used. Default: what `HF_HUB_OFFLINE` says. The hub's other
   * variables (`HF_HOME`, `HF_TOKEN`, `HF_ENDPOINT`, …) count as they do for the server.
   */
  readonly offline?: boolean | undefined;
  /** Takes log lines; a pino logger fits. Default: nothing is written anywhere. */
  readonly logger?: Logger | undefined;
  /** Called with the progress of a download. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Ends the loading. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Loads a model into this process, with the defaults of `rerankd serve`: the bundled model where
 * nothing else is set or cached. `RERANKER_…` variables do not count. The model computes in threads
 * of its own, which keep the process alive until `close`.
 *
 * Sets `ORT_DISABLE_TELEMETRY=1` in `process.env`, without which the Linux build of ONNX Runtime
 * writes a database under the home folder. A worker thread changes only its copy: a program that
 * calls this in one sets the variable itself, on its main thread.
 *
 * Rejects with RerankError `invalid_argument` if an option is wrong, with StartupError if the model
 * cannot be had or loaded, and with RerankError `cancelled` or `deadline_exceeded` if the signal
 * aborts.
 */
export async function loadReranker(options: LoadRerankerOptions = {}): Promise<LoadedReranker> {
  const { offline, logger = silentLogger, onProgress, signal, ...settings } = options;
  Object.assign(process.env, ortEnvironment);
  const { env } = process;
  return await startReranker(configOf(settings), {
    env: offline === undefined ? env : { ...env, ...offlineVariables(offline) },
    log: logger,
    onProgress,
    signal: signal ?? new AbortController().signal,
  });
}

function configOf(settings: EngineSettings) {
  try {
    return parseEngineSettings(settings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new RerankError("invalid_argument", error.message);
  }
}

/** The second variable would count where the first is empty. */
function offlineVariables(offline: boolean) {
  return { HF_HUB_OFFLINE: offline ? "1" : "0", TRANSFORMERS_OFFLINE: "" };
}

const nothing = (): void => {};

/** Writes nothing. */
const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
