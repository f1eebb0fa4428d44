/** A number of workers, and of threads of each. */
export interface Cell {
  readonly workers: number;
  readonly threads: number;
}

/**
 * Returns the ways to divide cores: workers and threads in steps of two, and all cores in one, as long
 * as there is a core for each thread. One worker with all threads comes first.
 */
export function cellsOf(cores: number): [Cell, ...Cell[]] {
  const steps: number[] = [];
  for (let step = 1; step <= cores; step *= 2) steps.push(step);
  if (!steps.includes(cores)) steps.push(cores);
  const rest = steps
    .flatMap((workers) => steps.map((threads) => ({ workers, threads })))
    .filter(({ workers, threads }) => workers * threads <= cores)
    .filter(({ workers, threads }) => workers !== 1 || threads !== cores);
  return [{ workers: 1, threads: cores }, ...rest];
}

/** Returns a cell's name, for example `2×1`. */
export function nameOfCell({ workers, threads }: Cell): string {
  return `${workers}×${threads}`;
}
