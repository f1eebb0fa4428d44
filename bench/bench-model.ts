import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { basename, isAbsolute, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { UsageError } from "../src/config/options/parse-options.ts";
import { listModelFiles, openModel } from "../src/models/open-model.ts";
import { pickWeights } from "../src/models/weights/pick-weights.ts";
import type { ModelDtype } from "../src/models/weights/weight-files.ts";
import { bundledModelDirectory } from "../src/package-root.ts";
import { pythonProgram } from "./contenders/python.ts";

/** What makes each model that is made: the program first, then what it imports of the repository. */
const makers: Readonly<Record<string, readonly [string, ...string[]]>> = {
  base: ["bench/python/make-model.py"],
  minilm: ["bench/python/make-model.py"],
  small: ["bench/python/make-model.py"],
  causal: ["bench/python/make-causal-model.py", "tools/fixtures/make_causal_families.py"],
};
const madeShapes = Object.keys(makers);

/** A model to measure with. */
export interface BenchModel {
  /** `base`, `minilm`, `small`, `causal`, `bundled`, or the name of a folder. */
  readonly name: string;
  readonly folder: string;
  /** The weights that it has, of those that are measured. */
  readonly dtypes: readonly ModelDtype[];
  /** The weights that a server takes on a CPU if nobody says which. */
  readonly autoDtype: ModelDtype;
  /**
   * The longest pair that is measured, in tokens: where the guide's server cuts, or the model's own
   * limit if that is lower.
   */
  readonly maxLength: number;
  /** Whether PyTorch can load it. */
  readonly hasTorch: boolean;
}

/** Where the guide's server cuts a pair, in tokens. */
const guideMaxLength = 512;

/** Weights that are measured. */
const measuredDtypes = ["fp32", "fp16", "int8"] as const;

/** How to find a model. */
export interface FindBenchModelOptions {
  readonly root: string;
  readonly seed: number;
  log(text: string): void;
}

/**
 * Returns a model by its name, `base`, `minilm`, `small`, `causal` or `bundled`, or by the path of its folder. A shape
 * that was not made yet is made, which takes minutes; it is kept under a name that holds a hash of
 * everything it was made from.
 */
export async function findBenchModel(
  wish: string,
  options: FindBenchModelOptions,
): Promise<BenchModel> {
  const folder = await findFolder(wish, options);
  const files = await listModelFiles(folder);
  const dtypes = measuredDtypes.filter(
    (dtype) => pickWeights(files, { dtype, device: "cpu" }) !== undefined,
  );
  const choice = { dtype: "auto", device: "cpu" } as const;
  const { config } = await openModel({ name: wish, directory: folder, ...choice });
  const known = [...madeShapes, "bundled"].includes(wish);
  return {
    name: known ? wish : basename(folder),
    folder,
    dtypes,
    autoDtype: pickWeights(files, choice)?.dtype ?? "fp32",
    maxLength: Math.min(guideMaxLength, config.maxPositionTokens ?? guideMaxLength),
    hasTorch: files.includes("model.safetensors"),
  };
}

/** Returns the path of a model's graph of a dtype. */
export async function onnxPathOf(model: BenchModel, dtype: ModelDtype): Promise<string> {
  const choice = { dtype, device: "cpu" } as const;
  return (await openModel({ name: model.name, directory: model.folder, ...choice })).onnxPath;
}

/** Returns the size of a file in MiB. */
export async function fileMb(path: string): Promise<number> {
  return Math.round((await stat(path)).size / 2 ** 20);
}

/** Length of a model hash in reports, in hex digits. */
const hashDigits = 16;

/** Returns the start of a file's SHA-256. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex").slice(0, hashDigits);
}

/** Whether a model can be had without making it. */
export async function isModelAtHand(
  wish: string,
  options: FindBenchModelOptions,
): Promise<boolean> {
  const folder = madeShapes.includes(wish)
    ? await madeFolder(wish, options)
    : bundledModelDirectory();
  return existsSync(folder);
}

async function findFolder(wish: string, options: FindBenchModelOptions): Promise<string> {
  if (wish === "bundled") return bundledModelDirectory();
  if (!madeShapes.includes(wish)) return isAbsolute(wish) ? wish : resolve(wish);
  const folder = await madeFolder(wish, options);
  if (!existsSync(folder)) await makeModel(wish, folder, options);
  return folder;
}

function tokenizerPath(root: string): string {
  return join(root, "..", "shared", "data", "tokenizers", "xlm-roberta-tokenizer.json.gz");
}

async function madeFolder(shape: string, { root, seed }: FindBenchModelOptions): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify({ shape, seed }));
  for (const file of [...(makers[shape] ?? []), "bench/python/requirements.txt"]) {
    hash.update(await readFile(join(root, file)));
  }
  const digest = hash.digest("hex").slice(0, hashDigits);
  return join(root, ".cache", "bench", "models", `${shape}-${digest}`);
}

async function makeModel(
  shape: string,
  folder: string,
  { root, seed, log }: FindBenchModelOptions,
): Promise<void> {
  const [program = ""] = makers[shape] ?? [];
  const isCausal = shape === "causal";
  if (!isCausal && !existsSync(tokenizerPath(root))) {
    throw new UsageError([
      `the model \`${shape}\` needs ../shared/data/tokenizers/xlm-roberta-tokenizer.json.gz, which is not there; measure with --model bundled`,
    ]);
  }
  const python = pythonProgram(root, "venv", "python");
  log(`making the model \`${shape}\`, once, in ${folder}`);
  await mkdir(join(folder, ".."), { recursive: true });
  const child = spawn(
    python,
    [
      join(root, program),
      ...(isCausal ? [] : ["--shape", shape, "--tokenizer", tokenizerPath(root)]),
      ...["--seed", String(seed)],
      ...["--output", folder],
    ],
    { stdio: ["ignore", 2, 2] },
  );
  const code = await new Promise((done, fail) => child.on("exit", done).on("error", fail));
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
}
