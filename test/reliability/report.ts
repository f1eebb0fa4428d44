import type { Fault, Finding } from "./fault.ts";

/** Returns the first lines of the table. */
export function headOf(): readonly string[] {
  return [
    "| fault | promise | what happened | sent | answered | refused | not reached | lost | back after |",
    "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
  ];
}

/** Returns a fault's line of the table. */
export function rowOf({ name, promise }: Fault, { happened, tally, recoveryMs }: Finding): string {
  const { sent, answered, refused, unreached, lost } = tally;
  const back = recoveryMs === undefined ? "" : `${Math.round(recoveryMs)} ms`;
  const cells = [name, promise, happened, sent, answered, refused, unreached, lost, back];
  return `| ${cells.join(" | ")} |`;
}
