import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The CPU and memory limits of a container, or another control group of Linux. */
export interface CgroupLimits {
  /** Processors, perhaps with a fraction; undefined: no limit. */
  readonly cpus: number | undefined;
  readonly memoryBytes: number | undefined;
}

/** Version 1 writes a number near 2^63 where there is no limit. */
const unlimitedBytes = 2 ** 60;

/**
 * Returns the limits of the control groups that this process is in, the strictest of each kind;
 * none where the system has no such groups. `root` is the folder that stands for `/`.
 */
export function readCgroupLimits(root = "/"): CgroupLimits {
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(join(root, path), "utf8").trim();
    } catch {
      return undefined;
    }
  };
  const unified = read("proc/self/cgroup")?.match(/^0::(\/.*)$/m)?.[1];
  const cpus: number[] = [];
  const memory: number[] = [];
  for (const group of unified === undefined ? [] : selfAndParents(unified)) {
    const folder = join("sys/fs/cgroup", group);
    const [quota, period] = (read(join(folder, "cpu.max")) ?? "").split(" ").map(Number);
    if (quota && period) cpus.push(quota / period);
    const bytes = Number(read(join(folder, "memory.max")));
    if (bytes > 0) memory.push(bytes);
  }
  const quota = Number(read("sys/fs/cgroup/cpu/cpu.cfs_quota_us"));
  const period = Number(read("sys/fs/cgroup/cpu/cpu.cfs_period_us"));
  if (quota > 0 && period > 0) cpus.push(quota / period);
  const bytes = Number(read("sys/fs/cgroup/memory/memory.limit_in_bytes"));
  if (bytes > 0 && bytes < unlimitedBytes) memory.push(bytes);
  return { cpus: least(cpus), memoryBytes: least(memory) };
}

function selfAndParents(group: string): string[] {
  const groups = [group];
  for (let at = group; at !== "/" && at !== "."; at = dirname(at)) groups.push(dirname(at));
  return groups;
}

function least(numbers: readonly number[]): number | undefined {
  return numbers.length > 0 ? Math.min(...numbers) : undefined;
}
