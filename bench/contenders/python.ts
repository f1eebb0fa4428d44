import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ContenderContext } from "./contender.ts";

/** Environments that bench/setup.sh makes. */
export type PythonEnvironment = "venv" | "venv-infinity" | "venv-llama-cpp" | "venv-openvino";

/**
 * Returns a program of an environment. Throws an error that says how to make it if it is not there.
 */
export function pythonProgram(root: string, environment: PythonEnvironment, name: string): string {
  const path = join(root, ".cache", "bench", environment, "bin", name);
  if (!existsSync(path))
    throw new Error(`there is no ${name} in ${environment}: run bench/setup.sh`);
  return path;
}

/**
 * Returns the variables that give PyTorch the same number of threads as everyone, and keep it off
 * the network.
 */
export function pythonEnvironment({ threads }: ContenderContext): Readonly<Record<string, string>> {
  return {
    OMP_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    CUDA_VISIBLE_DEVICES: "",
    HF_HUB_OFFLINE: "1",
    HF_HUB_DISABLE_TELEMETRY: "1",
    DO_NOT_TRACK: "1",
    INFINITY_ANONYMOUS_USAGE_STATS: "0",
    TOKENIZERS_PARALLELISM: "true",
    PYTHONUNBUFFERED: "1",
  };
}
