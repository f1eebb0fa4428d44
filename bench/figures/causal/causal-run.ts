import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** What a process is to score. */
export interface ListsToScore {
  readonly lists: readonly { readonly query: string; readonly documents: readonly string[] }[];
  readonly maxLength: number;
  readonly threads: number;
  readonly instruction?: string | undefined;
}

/** What it took to score lists. */
export interface CausalRun {
  /** Time in the model, in milliseconds. */
  readonly ms: number;
  /** Time of all threads on a processor meanwhile, in milliseconds: what else runs has little say. */
  readonly cpuMs: number;
  /** Tokens of all pairs. */
  readonly tokens: number;
  /** Those of them that were computed: what pairs of a query begin with counts once where it is shared. */
  readonly computedTokens: number;
  readonly scores: readonly number[];
  /** Memory of the process once the model was loaded, and the most after that, in MiB. */
  readonly loadedMb: number;
  readonly peakMb: number;
  /** How long a processor took to change the graph, in milliseconds. */
  readonly editMs: number;
}

/** Whether what a query's pairs begin with is computed once, or with every pair. */
export type CausalWay = "shared" | "whole";

/** Scores lists in a process of its own. Rejects if it fails. */
export async function runCausal(
  root: string,
  folder: string,
  way: CausalWay,
  lists: ListsToScore,
): Promise<CausalRun> {
  const program = join(root, "dist", "bench", "figures", "causal", "score-lists.js");
  const child = spawn(process.execPath, [program, folder, way], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((done, fail) => {
    child.on("exit", done).on("error", fail);
  });
  child.stdin.end(JSON.stringify(lists));
  const [answer, code] = await Promise.all([text(child.stdout), ended]);
  if (code !== 0) throw new Error(`scoring with a causal model ended with ${code}`);
  return JSON.parse(answer) as CausalRun;
}
