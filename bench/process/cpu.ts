import { readFileSync } from "node:fs";

/** Returns the processor time of a process on Linux in ms, counted in hundredths of a second. */
export function readCpuMs(pid: number): number {
  // Its name, which may have spaces, ends with the last bracket; user and system time come later.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
