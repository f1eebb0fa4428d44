/**
 * Scores lists of documents with a causal model in this process, and prints what it took: one process
 * for each way to do it, so that each has a peak of memory of its own.
 *
 *     node dist/bench/figures/causal/score-lists.js FOLDER shared|whole < lists.json
 */
import { text } from "node:stream/consumers";
import { systemClock } from "../../../src/clock.ts";
import { batchPolicyFor } from "../../../src/engine/batch-policy.ts";
import { ortEnvironment } from "../../../src/inference/ort-environment.ts";
import { openSession } from "../../../src/inference/session/session.ts";
import { loadAnswerGraph } from "../../../src/models/causal-model.ts";
import { openModel } from "../../../src/models/open-model.ts";
import { createScheduler } from "../../../src/scheduler/scheduler.ts";
import { createTokenizer } from "../../../src/tokenizer/hf-tokenizer.ts";
import { forgetPeak, readProcessMemory } from "../../process/memory.ts";
import type { CausalRun, ListsToScore } from "./causal-run.ts";

Object.assign(process.env, ortEnvironment);

const microsecondsPerMs = 1000;

const [folder = "", way] = process.argv.slice(2);
const { lists, maxLength, threads, instruction }: ListsToScore = JSON.parse(
  await text(process.stdin),
);
const model = await openModel({ name: "causal", directory: folder, dtype: "fp32", device: "cpu" });
const tokenizer = await createTokenizer({
  path: model.tokenizerPath,
  padTokenId: model.config.padTokenId,
  padTokenIdWins: true,
  model: model.config.tokenizer,
  prompt: model.prompt,
  words: model.causal?.answerWords,
  maxLength,
});
const beforeEdit = process.cpuUsage();
const answers = loadAnswerGraph(model, tokenizer.wordIds);
const editMs = millisecondsOf(process.cpuUsage(beforeEdit));
const session = await openSession({
  modelPath: model.onnxPath,
  device: "cpu",
  threads,
  // Threads that spin would count as at work.
  spinning: false,
  causal: { wordIds: tokenizer.wordIds, answers },
});
// The peak is to be that of the work and not of loading the model.
forgetPeak();
const loadedMb = readProcessMemory(process.pid).nowMb;
const scheduler = createScheduler({
  workers: [
    {
      score({ prefixLengths, ...batch }) {
        return session.run(way === "shared" && prefixLengths ? { ...batch, prefixLengths } : batch);
      },
      close: () => session.close(),
    },
  ],
  clock: systemClock,
  policy: batchPolicyFor({ device: "cpu", rowByRow: model.rowByRow }),
  padId: tokenizer.padId,
  limits: { maxQueueTokens: 10_000_000, maxQueueMs: 3_600_000 },
});
const { signal } = new AbortController();
const scores: number[] = [];
let [tokens, computedTokens, ms, cpuMs] = [0, 0, 0, 0];
for (const { query, documents } of lists) {
  const encodings = await tokenizer.encodePairs(query, documents, { maxLength, instruction });
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  const { logits } = await scheduler.score(encodings, { signal });
  ms += performance.now() - startedMs;
  cpuMs += millisecondsOf(process.cpuUsage(startedCpu));
  scores.push(...logits);
  const all = encodings.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  const prefixes = encodings.map(({ prefixTokens = 0 }) => prefixTokens);
  const again = prefixes.slice(1).reduce((sum, prefix) => sum + prefix, 0);
  tokens += all;
  computedTokens += way === "shared" ? all - again : all;
}
const { peakMb } = readProcessMemory(process.pid);
await Promise.all([session.close(), tokenizer.close()]);
const result: CausalRun = {
  ms,
  cpuMs,
  tokens,
  computedTokens,
  scores,
  loadedMb,
  peakMb,
  editMs,
};
process.stdout.write(JSON.stringify(result));

function millisecondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / microsecondsPerMs;
}
