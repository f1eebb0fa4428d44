import { readFileSync } from "node:fs";
import { arch, platform } from "node:os";

/** Instruction sets that quantized graphs are made for. */
export const instructionSets = ["arm64", "avx2", "avx512", "avx512_vnni"] as const;

/** An instruction set, as sentence-transformers names it in files. */
export type InstructionSet = (typeof instructionSets)[number];

/** The flags of Linux that each needs; those of one set come with all such CPUs. */
const flagsOf: Readonly<Record<Exclude<InstructionSet, "arm64">, readonly string[]>> = {
  avx2: ["avx2"],
  avx512: ["avx512f", "avx512bw", "avx512vl"],
  avx512_vnni: ["avx512f", "avx512bw", "avx512vl", "avx512_vnni"],
};

/**
 * Returns the instruction sets of this CPU. Where the system does not list them, an x64 CPU counts
 * as one with AVX2, which all of the last ten years have.
 */
export function cpuInstructionSets(): ReadonlySet<InstructionSet> {
  if (arch() === "arm64") return new Set(["arm64"]);
  if (arch() !== "x64") return new Set();
  if (platform() !== "linux") return new Set(["avx2"]);
  return instructionSetsOf(readCpuInfo());
}

/** Returns the instruction sets that a text in the form of `/proc/cpuinfo` lists. */
export function instructionSetsOf(cpuInfo: string): ReadonlySet<InstructionSet> {
  const [, list = ""] = /^flags\s*:(.*)$/m.exec(cpuInfo) ?? [];
  const flags = new Set(list.trim().split(/\s+/));
  const found = Object.entries(flagsOf).filter(([, needed]) =>
    needed.every((flag) => flags.has(flag)),
  );
  return new Set(found.map(([name]) => name as InstructionSet));
}

function readCpuInfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "flags : avx2";
  }
}
