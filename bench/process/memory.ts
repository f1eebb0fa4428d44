import { readFileSync, writeFileSync } from "node:fs";

/** Resident memory of a process, in MiB. */
export interface ProcessMemory {
  readonly nowMb: number;
  /** The most it ever was. */
  readonly peakMb: number;
}

const kibPerMib = 1024;

/** Returns the memory of a process on Linux. Throws where the kernel does not tell. */
export function readProcessMemory(pid: number): ProcessMemory {
  return parseProcessMemory(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** Makes the most that this process ever was its present memory. */
export function forgetPeak(): void {
  writeFileSync("/proc/self/clear_refs", "5");
}

/** Returns what a /proc/<pid>/status says of memory. Throws if it does not. */
export function parseProcessMemory(status: string): ProcessMemory {
  const read = (field: string): number => {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status);
    if (match === null) throw new Error(`the process status has no ${field}`);
    return Math.round(Number(match[1]) / kibPerMib);
  };
  return { nowMb: read("VmRSS"), peakMb: read("VmHWM") };
}
