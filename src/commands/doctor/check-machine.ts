import { readFileSync } from "node:fs";
import { arch, availableParallelism, platform, release, totalmem } from "node:os";
import { type CgroupLimits, readCgroupLimits } from "../../inference/cgroup.ts";
import { availableBytes, usableCores } from "../../inference/machine.ts";
import type { WorkerPlan } from "../../inference/worker-plan.ts";
import { formatBytes } from "../../terminal/progress.ts";
import type { Check } from "./check.ts";

/** Checks that the version of Node is one that the package is made for. */
export function checkNode(version: string | undefined): Check {
  const system = `${platform()} ${release()}, ${arch()}`;
  const name = "Node.js";
  if (version === undefined) return { name, state: "skipped", found: `not told, on ${system}` };
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isSupported = major === 20 ? minor >= 19 : major >= 22;
  return {
    name,
    state: isSupported ? "ok" : "fault",
    found: `${version} on ${system}`,
    advice: isSupported ? undefined : "install Node.js 20.19 or later of 20, or 22 or later",
  };
}

/** Instructions that multiply 8-bit integers, from the fastest; as Linux names them. */
const fastInstructions = {
  x64: { avx512_vnni: "AVX-512 VNNI", avx_vnni: "AVX VNNI" },
  arm64: { i8mm: "I8MM", asimddp: "dot product" },
} as const;

/** Checks which instructions for int8 weights the processor has. */
export function checkInstructions(
  cpuinfo: string | undefined = readOrNothing("/proc/cpuinfo"),
  architecture: string = arch(),
): Check {
  const name = "CPU instructions";
  const flags = new Set(cpuinfo?.match(/^(?:flags|Features)\s*:\s*(.*)$/m)?.[1]?.split(" "));
  const known = architecture === "x64" || architecture === "arm64";
  if (flags.size === 0 || !known) {
    return { name, state: "skipped", found: `${architecture}; the system does not tell more` };
  }
  const fast = Object.entries(fastInstructions[architecture]).find(([flag]) => flags.has(flag));
  if (fast) return { name, state: "ok", found: `${architecture} with ${fast[1]}` };
  const base = architecture === "x64" ? (flags.has("avx2") ? "AVX2" : "no AVX2") : "NEON";
  const missing = architecture === "x64" ? "VNNI" : "dot product";
  return {
    name,
    state: "warning",
    found: `${architecture} with ${base}, without ${missing}`,
    advice: "int8 weights run slower here than on newer processors; compare with --dtype fp32",
  };
}

/** Checks that no more threads compute than the container may use processors. */
export function checkThreads(
  { workers, threads }: WorkerPlan,
  limits: CgroupLimits = readCgroupLimits(),
  cores: number = availableParallelism(),
): Check {
  const quota = limits.cpus === undefined ? "" : `, a quota of ${formatCpus(limits.cpus)}`;
  const found = `${workers} worker${workers === 1 ? "" : "s"} × ${threads} for ${cores} cores${quota}`;
  const most = usableCores(limits, cores);
  const name = "threads";
  if (workers * threads <= most) return { name, state: "ok", found };
  const why = most < cores ? "the container is stopped when its quota is used up" : "they wait";
  const fewer = workers > 1 ? `--workers and --threads to ${most} together` : `--threads ${most}`;
  return { name, state: "warning", found, advice: `set ${fewer}: beyond that ${why}` };
}

/**
 * Checks that there is memory for the weights. A model takes about twice their size, since ONNX
 * Runtime keeps a packed copy of some.
 */
export function checkMemory(
  weightBytes: number | undefined,
  limits: CgroupLimits = readCgroupLimits(),
  freeBytes: number = availableBytes(),
): Check {
  const limit = limits.memoryBytes;
  const ofMachine = `${formatBytes(freeBytes)} of ${formatBytes(totalmem())} available`;
  const found = limit === undefined ? ofMachine : `${ofMachine}, a limit of ${formatBytes(limit)}`;
  const name = "memory";
  const usableBytes = Math.min(freeBytes, limit ?? freeBytes);
  if (weightBytes === undefined) return { name, state: "ok", found };
  const advice = `the weights have ${formatBytes(weightBytes)}, and running them takes about twice that: allow more memory, or choose a smaller model or --dtype int8`;
  if (usableBytes < weightBytes) return { name, state: "fault", found, advice };
  if (usableBytes < 2 * weightBytes) return { name, state: "warning", found, advice };
  return { name, state: "ok", found };
}

function formatCpus(cpus: number): string {
  return `${Number(cpus.toFixed(2))} CPU${cpus === 1 ? "" : "s"}`;
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
