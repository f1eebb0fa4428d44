import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { shorten } from "../../characters.ts";
import type { EvalConfig } from "../../config/eval-config.ts";
import { RerankError, StartupError } from "../../errors.ts";
import { compareLogits, type Parity, parseParity } from "../../evaluation/parity.ts";
import { listModelFiles } from "../../models/open-model.ts";
import { listDtypes } from "../../models/weights/pick-weights.ts";
import { writeOutput } from "../files/write-output.ts";
import { openRanker, type Ranker } from "../open-ranker.ts";
import type { ProcessContext } from "../process-context.ts";

/** The differences between the logits of one type of weights and the reference's. */
interface DtypeParity {
  /** What was asked for: a type of weights, or the path of a file. */
  readonly dtype: string;
  readonly largest: number;
  /** The query and the document of the largest difference. */
  readonly query: string;
  readonly document: string;
}

/** Largest difference of fp32 logits from the reference's that rounding can explain. */
const fp32Tolerance = 1e-3;

/** Characters of a text that a line shows. */
const shownCharacters = 30;

/**
 * Runs the model of a folder with each of its weights over the pairs of its parity.json, and prints
 * the largest difference of a logit. Throws a StartupError if those of fp32 are not the reference's.
 */
export async function checkParity(
  config: EvalConfig & { readonly parity: string },
  context: ProcessContext,
): Promise<void> {
  const folder = resolve(config.parity);
  const path = join(folder, "parity.json");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const hint = "`rerankd-export` writes one into each folder that it makes";
    throw new StartupError(`cannot read ${path}`, { hint, cause });
  });
  const parity = parseParity(text, path);
  const results: DtypeParity[] = [];
  for (const dtype of await wantedDtypes(config, folder)) {
    results.push(await measure(dtype, folder, parity, config, context));
  }
  await writeOutput(
    context.stdout,
    config.json ? jsonOf(parity, results) : tableOf(parity, results),
  );
  const wrong = results.find(({ dtype, largest }) => dtype === "fp32" && largest > fp32Tolerance);
  if (wrong === undefined) return;
  throw new StartupError(
    `logits of fp32 differ from the reference's by up to ${Number(wrong.largest.toPrecision(2))}`,
    { hint: "export the model again; if that changes nothing, report it with the model's name" },
  );
}

async function wantedDtypes({ engine }: EvalConfig, folder: string): Promise<string[]> {
  if (engine.onnxFile !== undefined) return [engine.onnxFile];
  if (engine.dtype !== "auto") return [engine.dtype];
  const dtypes = listDtypes(await listModelFiles(folder));
  if (dtypes.length > 0) return dtypes;
  throw new StartupError(`${folder} has no ONNX file`, {
    hint: "make one with `rerankd-export`; docs/models.md says how",
  });
}

async function measure(
  dtype: string,
  folder: string,
  parity: Parity,
  { engine }: EvalConfig,
  context: ProcessContext,
): Promise<DtypeParity> {
  const ranker = await openRanker(
    {
      server: undefined,
      engine: {
        ...engine,
        modelId: folder,
        dtype: engine.onnxFile === undefined ? dtype : engine.dtype,
        maxLength: parity.maxLength,
        positiveLabel: parity.positiveLabel ?? engine.positiveLabel,
      },
    },
    context,
  );
  try {
    const logits: number[] = [];
    for (const pair of parity.cases) logits.push(await logitOf(ranker, pair, context.stop));
    const { largest, worst } = compareLogits(parity.cases, logits);
    const { query = "", document = "" } = parity.cases[worst] ?? {};
    return { dtype, largest, query, document };
  } finally {
    await ranker.close();
  }
}

async function logitOf(
  ranker: Ranker,
  { query, document, instruction }: Parity["cases"][number],
  signal: AbortSignal,
): Promise<number> {
  const { results } = await ranker.rerank(
    { query, documents: [document], instruction, rawScores: true },
    { signal },
  );
  const [result] = results;
  if (result === undefined) throw new RerankError("internal", "a pair has no result");
  return result.relevanceScore;
}

function tableOf({ reference, cases }: Parity, results: readonly DtypeParity[]): string {
  const width = Math.max("weights".length, ...results.map(({ dtype }) => dtype.length));
  const lines = results.map(({ dtype, largest, query, document }) => {
    const pair = `${short(query)} | ${short(document)}`;
    return `${dtype.padEnd(width)}  ${largest.toExponential(1).padStart(10)}  ${pair}`;
  });
  const head = `${"weights".padEnd(width)}  ${"difference".padStart(10)}  of the pair`;
  return `${cases.length} pairs, against ${reference}\n${[head, ...lines].join("\n")}\n`;
}

function short(text: string): string {
  return shorten(text.replaceAll(/\s+/g, " "), shownCharacters);
}

function jsonOf({ reference, cases }: Parity, results: readonly DtypeParity[]): string {
  const dtypes = Object.fromEntries(results.map(({ dtype, largest }) => [dtype, largest]));
  return `${JSON.stringify({ reference, pairs: cases.length, largest_difference: dtypes })}\n`;
}
