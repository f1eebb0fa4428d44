import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  compareLogits,
  type Parity,
  type ParityCase,
  type ParityDifference,
  parseParity,
} from "../../src/evaluation/parity.ts";
import { type FixtureDtype, fixtureOf } from "./families.ts";
import { startProgram } from "./start-program.ts";

/** What a server answered about the pairs of a fixture. */
export interface MeasuredFamily extends ParityDifference {
  readonly parity: Parity;
  /** The logits, in the order of the cases. */
  readonly logits: readonly number[];
  /** The scores of a request without `raw_scores`, for the same cases. */
  readonly scores: readonly number[];
  /** How many of the documents were too long to be read whole. */
  readonly cut: number;
}

/** Reads the parity.json of a family's fixture. */
export async function readFixtureParity(name: string): Promise<Parity> {
  const path = join(fixtureOf(name), "parity.json");
  return parseParity(await readFile(path, "utf8"), path);
}

/** Starts a server with the weights of a family's fixture, and asks it for each pair. */
export async function measureFamily(name: string, dtype: FixtureDtype): Promise<MeasuredFamily> {
  const parity = await readFixtureParity(name);
  const label = parity.positiveLabel;
  const server = await startProgram([
    `--model-id=${fixtureOf(name)}`,
    `--dtype=${dtype}`,
    `--max-length=${parity.maxLength}`,
    "--device=cpu",
    "--threads=1",
    "--spinning=off",
    ...(label === undefined ? [] : [`--positive-label=${label}`]),
  ]);
  try {
    const logits: number[] = [];
    const scores: number[] = [];
    let cut = 0;
    for (const [at, pair] of parity.cases.entries()) {
      // Documents of other lengths, so that padding is at work.
      const others = [1, 2, 3].map((step) => parity.cases[(at + step) % parity.cases.length]);
      const documents = [pair, ...others].map((other) => other?.document ?? "");
      const among = await ask(server.url, pair, documents, true);
      const alone = await ask(server.url, pair, [pair.document], false);
      logits.push(among.relevance_score);
      scores.push(alone.relevance_score);
      if (alone.truncated) cut += 1;
    }
    return { parity, logits, scores, cut, ...compareLogits(parity.cases, logits) };
  } finally {
    await server.stop();
  }
}

interface Result {
  readonly index: number;
  readonly relevance_score: number;
  readonly truncated?: boolean;
}

/** Returns the result of the first document. */
async function ask(
  url: string,
  { query, instruction }: ParityCase,
  documents: readonly string[],
  rawScores: boolean,
): Promise<Result> {
  const response = await fetch(`${url}/rerank`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, documents, instruction, raw_scores: rawScores }),
  });
  const answer = (await response.json()) as { readonly results?: readonly Result[] };
  const found = answer.results?.find(({ index }) => index === 0);
  if (found === undefined) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
  return found;
}
