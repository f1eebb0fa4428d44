import { setMaxListeners } from "node:events";
import { stat } from "node:fs/promises";
import { UsageError } from "../../config/options/parse-options.ts";
import type { RankListsConfig } from "../../config/rank-config.ts";
import { RerankError } from "../../errors.ts";
import { createProgressBar } from "../../terminal/progress-bar.ts";
import { checkDistinctFiles, standardInputPath } from "../files/distinct-files.ts";
import { type InputId, idOf } from "../files/input-id.ts";
import { type LockedOutput, lockOutputs, lockSuffix } from "../files/output-lock.ts";
import { openRanker, type Ranker, type RankRequest } from "../open-ranker.ts";
import type { ProcessContext } from "../process-context.ts";
import { boundedMap } from "./bounded-map.ts";
import {
  type Checkpoint,
  checkpointPath,
  decisiveSettings,
  forgetCheckpoint,
  type ListCounts,
  lastLineOf,
  readCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";
import { rankedLine, refusedLine } from "./list-answer.ts";
import { openLines } from "./list-input.ts";
import { createListProgress, formatCount } from "./list-progress.ts";
import { openFileSink, type Sink, streamSink } from "./list-sinks.ts";
import { isOfOneList, patientRanker } from "./patient-ranker.ts";
import { decodeLine, type ListDefaults, readList } from "./read-list.ts";
import type { ByteLine } from "./split-lines.ts";

/** Most lists that are read and not written yet: enough for batches of nearly equal lengths. */
const maxLists = 64;

/** Most bytes of their lines together. */
const maxBytesUnderWay = 16 * 2 ** 20;

/** How often the state is written, in milliseconds: what a crash may cost. */
const checkpointEveryMs = 1_000;

/** What became of a line. */
interface Outcome {
  readonly line: ByteLine;
  readonly documents: number;
  /** The line to write. */
  readonly text: string;
  /** Why the list is not ranked; undefined: it is. */
  readonly refusal: string | undefined;
}

/**
 * Ranks lists, a line of JSON each, as they come, and writes them as they are ready; memory does not
 * depend on how many there are. Lines that cannot be ranked are told apart from the lists. Resolves
 * with whether every line was ranked.
 */
export async function rankLists(
  config: RankListsConfig,
  context: ProcessContext,
): Promise<boolean> {
  const { stdout, stderr, env, stop } = context;
  const settings = decisiveSettings(config);
  const statePath = config.resume && config.out ? checkpointPath(config.out) : undefined;
  await checkFiles(config, statePath);
  // What is resumed is a file that another run may go on with too, so it is not written without a lock.
  await using locks = await lockOutputs(outputsOf(config), context, { isRequired: config.resume });
  const known = statePath === undefined ? undefined : await readCheckpoint(statePath, settings);
  // Ends what is under way, and the wait for further lines, where the output has no reader any more or
  // a failure is not of one list.
  const ending = new AbortController();
  const signal = AbortSignal.any([stop, ending.signal]);
  // Every list under way listens to it.
  setMaxListeners(0, signal);
  const { file, maxLineBytes: maxBytes } = config;
  const given = { file, maxBytes, after: known?.last };
  const input = await openLines(given, { ...context, stop: signal });
  await using output =
    config.out === undefined
      ? streamSink(stdout)
      : await openFileSink(config.out, "out", known?.outputBytes ?? 0);
  await using errorsApart = await openErrors(config, stderr, known?.errorsBytes ?? 0);
  const errors = errorsApart ?? output;
  const ranker = patientRanker(await openRanker(config, context));
  await using _closing = { [Symbol.asyncDispose]: async () => await ranker.close() };
  // What an earlier run says of the output is not true of what is written now.
  if (config.out !== undefined && !config.resume) await forgetCheckpoint(config.out);
  await output.begin();
  await errorsApart?.begin();
  const bar = createProgressBar(stderr, { env });
  let done: Checkpoint = known ?? { settings, outputBytes: 0, errorsBytes: 0, counts: noCounts };
  let writtenMs = performance.now();
  const save = async (): Promise<void> => {
    if (statePath === undefined) return;
    await locks.check();
    await output.sync();
    await errors.sync();
    await writeCheckpoint(statePath, done);
    writtenMs = performance.now();
  };
  const show = createListProgress({
    bar,
    label: file ?? "-",
    totalBytes: input.totalBytes,
    startBytes: known?.last?.end ?? 0,
    startCounts: done.counts,
  });

  const startedMs = performance.now();
  try {
    const outcomes = boundedMap(input.lines, {
      work: async (line) => await rankLine(line, { config, ranker, signal }),
      sizeOf: ({ length }) => length,
      maxItems: maxLists,
      maxSize: maxBytesUnderWay,
      ordered: config.ordered,
    });
    for await (const ready of outcomes) {
      await locks.check();
      if (!(await writeReady(ready, { output, errors }))) break;
      const last = ready.at(-1)?.line;
      if (last === undefined) continue;
      const counts = ready.reduce(countIn, done.counts);
      done = {
        settings,
        last: statePath === undefined ? undefined : lastLineOf(last),
        outputBytes: output.bytes,
        errorsBytes: errorsApart?.bytes ?? 0,
        counts,
      };
      show(last.end, counts);
      if (performance.now() - writtenMs >= checkpointEveryMs) await save();
    }
  } finally {
    ending.abort();
    bar.done();
    await save();
  }
  const { refused } = done.counts;
  if (refused > 0 || stderr.isTTY) {
    stderr.write(`note: ${summaryOf(done.counts, known, performance.now() - startedMs)}\n`);
  }
  return refused === 0;
}

/** Returns the files that are written as lists are ranked. */
function outputsOf({ out, errors }: RankListsConfig): LockedOutput[] {
  return [
    ...(out === undefined ? [] : [{ flag: "out", path: out }]),
    ...(errors === undefined || errors === "-" ? [] : [{ flag: "errors", path: errors }]),
  ];
}

/**
 * Rejects with a UsageError if one file is to be two things: the input would be lost, or an output; and if
 * a run that can be resumed would write what cannot be cut back, a pipe or a device.
 */
async function checkFiles(config: RankListsConfig, statePath: string | undefined): Promise<void> {
  const { file, resume } = config;
  const input = file === undefined || file === "-" ? standardInputPath : file;
  const outputs = outputsOf(config);
  const written = [
    ...outputs.map(({ flag, path }) => ({ name: `--${flag}`, path })),
    { name: "the state of --resume", path: statePath },
    ...outputs.map(({ flag, path }) => ({
      name: `the lock of --${flag}`,
      path: `${path}${lockSuffix}`,
    })),
  ];
  await checkDistinctFiles(written, [{ name: "the input", path: input }]);
  if (!resume) return;
  for (const { flag, path } of outputs) {
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined || stats.isFile() || stats.isDirectory()) continue;
    throw new UsageError([`--${flag} must be a file with --resume, got: \`${path}\``]);
  }
}

const noCounts: ListCounts = { ranked: 0, refused: 0, documents: 0 };

/** Opens what `--errors` names; undefined: the output itself. */
async function openErrors(
  { errors }: RankListsConfig,
  stderr: NodeJS.WriteStream,
  keep: number,
): Promise<Sink | undefined> {
  if (errors === undefined) return streamSink(stderr);
  return errors === "-" ? undefined : await openFileSink(errors, "errors", keep);
}

/** Returns what became of a line; rejects only with a failure that is not of this list alone. */
async function rankLine(
  line: ByteLine,
  {
    config,
    ranker,
    signal,
  }: { readonly config: RankListsConfig; readonly ranker: Ranker; readonly signal: AbortSignal },
): Promise<Outcome> {
  const { topN, rawScores, longDocuments, scoreThreshold } = config;
  const defaults: ListDefaults = { topN, rawScores, longDocuments, scoreThreshold };
  let id: InputId | undefined;
  let ownModel: RankRequest["model"];
  try {
    const fields = decodeLine(line, config.maxLineBytes);
    id = idOf(fields);
    const list = readList(fields, defaults);
    ownModel = list.request.model;
    const ranking = await ranker.rerank(list.request, { signal });
    const text = rankedLine(line, id, list, ranking);
    return { line, documents: list.request.documents.length, text, refusal: undefined };
  } catch (error) {
    if (signal.aborted || !isOfOneList(error, ownModel)) throw error;
    const refusal =
      error instanceof RerankError ? error.message : `${error.code}: ${error.message}`;
    return { line, documents: 0, text: refusedLine(line, id, refusal), refusal };
  }
}

/** Writes outcomes in their order; resolves with whether the output still has a reader. */
async function writeReady(
  ready: readonly Outcome[],
  { output, errors }: { readonly output: Sink; readonly errors: Sink },
): Promise<boolean> {
  const isForErrors = ({ refusal }: Outcome): boolean => refusal !== undefined && errors !== output;
  const textOf = (outcomes: readonly Outcome[]): string =>
    outcomes.map(({ text }) => text).join("");
  const refused = ready.filter(isForErrors);
  if (refused.length > 0) await errors.write(textOf(refused));
  const ranked = ready.filter((outcome) => !isForErrors(outcome));
  return ranked.length === 0 || (await output.write(textOf(ranked)));
}

function countIn(counts: ListCounts, { refusal, documents }: Outcome): ListCounts {
  const isRanked = refusal === undefined ? 1 : 0;
  return {
    ranked: counts.ranked + isRanked,
    refused: counts.refused + 1 - isRanked,
    documents: counts.documents + documents,
  };
}

function summaryOf(
  { ranked, refused, documents }: ListCounts,
  known: Checkpoint | undefined,
  spentMs: number,
): string {
  const rate = ((documents - (known?.counts.documents ?? 0)) * 1_000) / Math.max(1, spentMs);
  const done = `ranked ${formatCount(ranked)} lists with ${formatCount(documents)} documents`;
  const left = refused > 0 ? `; ${formatCount(refused)} lines could not be ranked` : "";
  return `${done}, ${formatCount(rate)} documents/s${left}`;
}
