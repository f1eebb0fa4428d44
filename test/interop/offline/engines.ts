import { execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cleanEnvironment, mainPath, packageRoot } from "../../server-process.ts";

/** The Python that has Spark, Ray and DuckDB, where `npm run test:offline` has installed it. */
export const offlinePython = join(packageRoot, ".cache", "interop", "offline", "bin", "python");

/** A small model of the tests, which ranks thousands of documents a second on a core. */
export const tinyModel = join(packageRoot, "test", "fixtures", "tiny-bert");

/** The words of `rerankd rank` for an engine's job. */
export const rankWords = (model = tinyModel): readonly string[] => [
  process.execPath,
  mainPath,
  "rank",
  `--model-id=${model}`,
  "--spinning=off",
];

/** The environment of an engine: no settings of ours, and the workers' Python is the driver's. */
export function engineEnvironment(): NodeJS.ProcessEnv {
  return cleanEnvironment({
    PYSPARK_PYTHON: offlinePython,
    SPARK_LOCAL_IP: "127.0.0.1",
    RAY_USAGE_STATS_ENABLED: "0",
  });
}

/** What a reranked data set holds. */
export interface RankedRows {
  readonly rows: number;
  /** Different ids. */
  readonly ids: number;
  readonly errors: number;
  /** Of the rows in the order of their ids. */
  readonly sha256: string;
}

const run = promisify(execFile);

/** Writes rows to rerank as Parquet files into a new folder. */
export async function makeRows(folder: string, rows: number, files: number): Promise<void> {
  const script = join(packageRoot, "test", "interop", "offline", "make_rows.py");
  await run(offlinePython, [script, folder, String(rows), String(files)]);
}

/** Reads a reranked data set. */
export async function readRanked(path: string): Promise<RankedRows> {
  const script = join(packageRoot, "test", "interop", "offline", "hash_rows.py");
  const { stdout } = await run(offlinePython, [script, path]);
  return JSON.parse(stdout);
}

/** A job that runs. */
export interface Job {
  readonly pid: number;
  /** What it has printed on the standard error output. */
  stderr(): string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts a program of examples/ with the Python that has the engines. */
export function startJob(example: string, args: readonly string[]): Job {
  const script = join(packageRoot, "examples", example);
  return startProgram(offlinePython, [script, ...args]);
}

/** Starts the Spark job with executors of their own, each a process with one core. */
export function startSparkJob(
  args: readonly string[],
  { executors, folder }: { readonly executors: number; readonly folder: string },
): Job {
  const submit = join(offlinePython, "..", "spark-submit");
  return startProgram(submit, [
    `--master=local-cluster[${executors},1,1024]`,
    // So that a file of the tests is a partition, and there is one left for an executor that is lost.
    ...["--conf", "spark.sql.files.openCostInBytes=64m", "--conf", "spark.ui.enabled=false"],
    ...["--conf", "spark.sql.files.maxPartitionBytes=64m"],
    ...["--conf", `spark.local.dir=${join(folder, "spark")}`],
    join(packageRoot, "examples", "spark", "rerank.py"),
    ...args,
  ]);
}

function startProgram(path: string, args: readonly string[]): Job {
  const child = spawn(path, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: engineEnvironment(),
  });
  const chunks: string[] = [];
  child.stderr.on("data", (chunk) => chunks.push(String(chunk)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("close", resolve).on("error", reject);
  });
  return { pid: child.pid ?? 0, stderr: () => chunks.join(""), ended };
}

/** Returns the processes below one whose command line has a word. Linux only. */
export function processesBelow(root: number, word: string): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(join("/proc", name, "stat"), "utf8");
      // The name of a program, in brackets, may hold anything.
      const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      parents.set(Number(name), Number(parent));
    } catch {
      // It has ended.
    }
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === root || isBelow(parents.get(pid)));
  return [...parents.keys()].filter((pid) => {
    try {
      return isBelow(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(word);
    } catch {
      return false;
    }
  });
}
