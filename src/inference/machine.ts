import { readFileSync } from "node:fs";
import { availableParallelism, freemem } from "node:os";
import { type CgroupLimits, readCgroupLimits } from "./cgroup.ts";

/** What a process may use of its machine. */
export interface Machine {
  /** Cores that it may use at once, a container's quota rounded up; 1 or more. */
  readonly cores: number;
  /** Memory that it could take now without swapping, in bytes. */
  readonly memoryBytes: number;
}

/** Returns what this process may use. */
export function readMachine(limits: CgroupLimits = readCgroupLimits()): Machine {
  return {
    cores: usableCores(limits),
    memoryBytes: Math.min(availableBytes(), limits.memoryBytes ?? Number.POSITIVE_INFINITY),
  };
}

/** Returns how many cores may be used at once: those of the process, or its quota if that is less. */
export function usableCores(
  limits: CgroupLimits = readCgroupLimits(),
  cores: number = availableParallelism(),
): number {
  return Math.max(1, Math.ceil(Math.min(cores, limits.cpus ?? cores)));
}

/** Memory that could be used without swapping: on Linux with what caches would give back. */
export function availableBytes(): number {
  try {
    const text = readFileSync("/proc/meminfo", "utf8");
    const kibibytes = text.match(/^MemAvailable:\s+(\d+) kB$/m)?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // Not Linux.
  }
  return freemem();
}
