import type { RunFigures } from "./run-inputs.ts";

/** How many handles or files more than before count as kept by accident. */
const spareHandles = 8;

/** How much more memory than before may be caches and the collector's leeway, in bytes. */
const spareHeapBytes = 32 * 1024 * 1024;

/** Returns what is wrong with a run; empty if nothing is. */
export function verdictOf(figures: RunFigures): string[] {
  const { faults, crash, failedProbes, before, after } = figures;
  const problems = faults.map(
    ({ input, kind, status }) => `input ${input} (${kind}) ended with: ${status}`,
  );
  if (crash !== undefined) problems.push(`the server crashed: ${crash}`);
  if (failedProbes > 0) problems.push(`${failedProbes} probes were not answered rightly`);
  problems.push(...after.errors.map((error) => `the server logged: ${error}`));
  if (after.handles > before.handles + spareHandles) {
    problems.push(`${after.handles} handles, before: ${before.handles}`);
  }
  if (after.fileDescriptors > before.fileDescriptors + spareHandles) {
    problems.push(`${after.fileDescriptors} file descriptors, before: ${before.fileDescriptors}`);
  }
  if (after.heapBytes > before.heapBytes + spareHeapBytes) {
    problems.push(`${after.heapBytes} bytes of heap, before: ${before.heapBytes}`);
  }
  if (after.pendingTokens > 0) problems.push(`${after.pendingTokens} tokens still wait`);
  return problems;
}
