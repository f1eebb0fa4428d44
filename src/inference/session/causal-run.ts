import { type InferenceSession, Tensor } from "onnxruntime-node";
import { RerankError } from "../../errors.ts";
import type { EncodedBatch } from "../backend.ts";
import type { CausalGraph, LayerCache } from "./causal-graph.ts";
import { checkBatch, inputCells } from "./feeds.ts";
import { readLogits } from "./logits.ts";
import type { RunBatch } from "./memory-fallback.ts";
import { createPrefixCache, type Prefix } from "./prefix-cache.ts";
import type { CausalModel } from "./session-options.ts";

/**
 * Most bytes of keys and values that are kept of prefixes, and most that are copied for the rows of
 * one run; one prefix may be larger.
 */
const maxPrefixBytes = 2 ** 28;

/** What computes a causal graph; a session of the runtime. */
export type GraphRunner = Pick<InferenceSession, "run">;

/** Rows of a batch that run together. */
interface RowGroup {
  readonly prefixTokens: number;
  /** The ids of the prefix, as a text to find it by. */
  readonly key: string;
  readonly rows: number[];
}

/**
 * Returns a function that computes the logits of a batch with a causal language model: that of the
 * first answer word less that of the second, if there is one, at the last token of each row.
 *
 * The tokens that a row shares with the other pairs of its query are computed in a run of their own,
 * once for as long as they are kept, and rows go on after them. Where a row is divided follows from
 * the row alone, so that its logit depends on no other row, nor on what is kept.
 */
export function createCausalRun(
  session: GraphRunner,
  graph: CausalGraph,
  model: CausalModel,
): RunBatch {
  const { answers, wordIds } = model;
  const { caches } = graph;
  const outputName = answers?.output ?? "logits";
  const prefixes = createPrefixCache(maxPrefixBytes);
  // Without an input that names the position, only the last one of all rows can be read.
  const wantsEqualLengths = answers === undefined;

  async function run(
    feeds: Record<string, Tensor>,
    wanted: readonly string[],
  ): Promise<InferenceSession.OnnxValueMapType> {
    return await session.run(feeds, [...wanted]).catch((cause: unknown) => {
      throw new RerankError("internal", "the model could not compute this batch", { cause });
    });
  }

  /** Returns the inputs of rows that go on after a prefix; `answerAt` are positions among their own. */
  function feedsOf(
    batch: EncodedBatch,
    before: Prefix | undefined,
    answerAt: readonly number[],
  ): Record<string, Tensor> {
    const { rows, length } = batch;
    const past = before?.tokens ?? 0;
    const seen = {
      ...batch,
      length: past + length,
      lengths: batch.lengths.map((own) => past + own),
    };
    const feeds: Record<string, Tensor> = {};
    for (const { name, type } of graph.inputs) {
      const source = name === "attention_mask" ? seen : batch;
      feeds[name] = new Tensor(type, inputCells(source, name, type, past), [rows, source.length]);
    }
    for (const cache of caches) {
      const tensor = before?.tensors.get(cache.pastName);
      feeds[cache.pastName] = tensor ? repeat(tensor, rows) : nothing(cache, rows);
    }
    if (answers !== undefined) {
      const positions = BigInt64Array.from(answerAt, BigInt);
      feeds[answers.positionInput] = new Tensor("int64", positions, [rows, 1, 1]);
    }
    if (graph.keepInput !== undefined) {
      feeds[graph.keepInput] = new Tensor("int64", BigInt64Array.of(1n), []);
    }
    return feeds;
  }

  async function prefixOf(
    batch: EncodedBatch,
    { key, prefixTokens, rows }: RowGroup,
  ): Promise<Prefix> {
    const known = prefixes.get(key);
    if (known !== undefined) return known;
    const [row = 0] = rows;
    const part = partOf(batch, [row], 0, prefixTokens);
    const presents = caches.map(({ presentName }) => presentName);
    const outputs = await run(feedsOf(part, undefined, [prefixTokens - 1]), presents);
    const tensors = new Map<string, Tensor>();
    let bytes = 0;
    for (const { pastName, presentName } of caches) {
      const tensor = outputs[presentName] as Tensor;
      tensors.set(pastName, tensor);
      bytes += (tensor.data as Float32Array).byteLength;
    }
    const prefix = { tokens: prefixTokens, tensors, bytes };
    prefixes.set(key, prefix);
    return prefix;
  }

  async function runRows(
    batch: EncodedBatch,
    rows: readonly number[],
    before: Prefix | undefined,
  ): Promise<Float32Array<ArrayBuffer>> {
    const part = partOf(batch, rows, before?.tokens ?? 0);
    const lasts = Array.from(part.lengths, (length) => length - 1);
    const outputs = await run(feedsOf(part, before, lasts), [outputName]);
    const output = outputs[outputName] as Tensor;
    const words = wordIds.length;
    const data = answers === undefined ? pickWords(output, wordIds) : (output.data as unknown);
    return readLogits(
      { type: output.type, dims: [rows.length, words], data },
      rows.length,
      words === 2 ? 0 : undefined,
    );
  }

  return async (batch) => {
    checkBatch(batch);
    const shares = caches.length > 0 && caches.every(canBeKept);
    const logits = new Float32Array(batch.rows);
    for (const group of groupsOf(batch, { shares, wantsEqualLengths })) {
      const before = group.prefixTokens > 0 ? await prefixOf(batch, group) : undefined;
      const most = before === undefined ? batch.rows : Math.floor(maxPrefixBytes / before.bytes);
      const step = Math.max(1, most);
      for (let at = 0; at < group.rows.length; at += step) {
        const rows = group.rows.slice(at, at + step);
        const found = await runRows(batch, rows, before);
        rows.forEach((row, position) => {
          logits[row] = found[position] ?? Number.NaN;
        });
      }
    }
    return logits;
  };
}

/** Returns the rows of a batch by what they begin with, and by their lengths if that is wanted. */
function groupsOf(
  { rows, length, lengths, inputIds, prefixLengths }: EncodedBatch,
  { shares, wantsEqualLengths }: { readonly shares: boolean; readonly wantsEqualLengths: boolean },
): Iterable<RowGroup> {
  const groups = new Map<string, RowGroup>();
  for (let row = 0; row < rows; row += 1) {
    const own = lengths[row] ?? 0;
    // The last token is computed in any case: its logits are the answer.
    const prefixTokens = shares ? Math.max(0, Math.min(prefixLengths?.[row] ?? 0, own - 1)) : 0;
    const ids = inputIds.subarray(row * length, row * length + prefixTokens);
    const key = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString("latin1");
    const name = wantsEqualLengths ? `${own}:${key}` : key;
    const group = groups.get(name) ?? { prefixTokens, key, rows: [] };
    group.rows.push(row);
    groups.set(name, group);
  }
  return groups.values();
}

/** Returns a range of tokens of some rows as a batch, padded no longer than the longest of them. */
function partOf(
  batch: EncodedBatch,
  rows: readonly number[],
  start: number,
  end = Number.POSITIVE_INFINITY,
): EncodedBatch {
  const lengths = Int32Array.from(rows, (row) => Math.min(end, batch.lengths[row] ?? 0) - start);
  const length = lengths.reduce((longest, each) => Math.max(longest, each), 1);
  const inputIds = new Int32Array(rows.length * length);
  for (const [position, row] of rows.entries()) {
    const first = row * batch.length + start;
    inputIds.set(
      batch.inputIds.subarray(first, first + (lengths[position] ?? 0)),
      position * length,
    );
  }
  const typeIds = new Uint8Array(inputIds.length);
  return { rows: rows.length, length, inputIds, typeIds, lengths };
}

/** Arrays of numbers that keys and values come in; half floats as their bits where Node has no such type. */
type Cells = Float32Array<ArrayBuffer>;

/** Returns keys or values of one row for so many rows. */
function repeat(tensor: Tensor, rows: number): Tensor {
  if (rows === 1) return tensor;
  const [, ...shape] = tensor.dims;
  const cells = tensor.data as Cells;
  const repeated = new (cells.constructor as new (length: number) => Cells)(rows * cells.length);
  for (let row = 0; row < rows; row += 1) repeated.set(cells, row * cells.length);
  return new Tensor(tensor.type as "float32", repeated, [rows, ...shape]);
}

/**
 * Whether keys and values that a run returned can be fed to another. Half floats cannot where Node has
 * Float16Array: ONNX Runtime's binding (1.30) takes such an array for an empty one, so that rows are
 * computed whole.
 */
function canBeKept({ type }: LayerCache): boolean {
  return type === "float32" || !("Float16Array" in globalThis);
}

/** Returns keys or values of no tokens. */
function nothing({ type, heads, size }: LayerCache, rows: number): Tensor {
  const dims = [rows, heads, 0, size];
  return type === "float32"
    ? new Tensor("float32", new Float32Array(0), dims)
    : new Tensor("float16", new Uint16Array(0), dims);
}

/** Returns the logits of some words at the last position of each row, [rows, 1, vocabulary]. */
function pickWords({ data, dims }: Tensor, wordIds: readonly number[]): unknown {
  const [rows = 0, positions = 0, words = 0] = dims;
  if (dims.length !== 3 || positions !== 1) {
    const shape = `[${dims.join(", ")}]`;
    throw new RerankError(
      "internal",
      `the model answered ${shape} and not its last position alone`,
    );
  }
  const cells = data as Cells;
  const picked = new (cells.constructor as new (length: number) => Cells)(rows * wordIds.length);
  for (let row = 0; row < rows; row += 1) {
    for (const [at, id] of wordIds.entries()) {
      picked[row * wordIds.length + at] = cells[row * words + id] ?? Number.NaN;
    }
  }
  return picked;
}
