import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import type { Encoding } from "../../src/tokenizer/tokenizer.ts";

/** A pair with what Python made of it; see scripts/fixtures/make-golden.py. */
export interface GoldenCase {
  readonly name: string;
  readonly query: string;
  readonly document: string;
  /** Tokens of the pair, special tokens included. */
  readonly tokens: number;
  /** Start of the SHA-256 of the ids, written in decimal with commas between. */
  readonly idsSha256: string;
  /** Segment ids as run lengths: `12*0 5*1`. */
  readonly typeIds: string;
  /** Tokens of query and document before truncation, without special tokens. */
  readonly fullTokens: readonly [number, number];
  /** Tokens of query and document after truncation. */
  readonly keptTokens: readonly [number, number];
  /** Absent in files that hold ids only. */
  readonly logit: number | undefined;
}

/** One file of test/golden. */
export interface Golden {
  readonly name: string;
  /** The most tokens of a pair, special tokens included. */
  readonly maxLength: number;
  /**
   * What computed the logits: `model.safetensors` in fp32, or a graph of the model folder; null if
   * there are none.
   */
  readonly logitsFrom: string | null;
  readonly cases: readonly GoldenCase[];
}

interface PairRow {
  readonly name: string;
  readonly query: string;
  readonly document: string;
  readonly query_times?: number;
  readonly document_times?: number;
}

interface GoldenRow {
  readonly name: string;
  readonly tokens: number;
  readonly ids_sha256: string;
  readonly type_ids: string;
  readonly full_tokens: readonly [number, number];
  readonly kept_tokens: readonly [number, number];
  readonly logit?: number;
}

interface GoldenFile {
  readonly name: string;
  readonly pairs_sha256: string;
  readonly max_length: number;
  readonly logits_from: string | null;
  readonly cases: readonly GoldenRow[];
}

/** The repository root, as seen from the compiled tests. */
export const repositoryRoot = new URL("../../../", import.meta.url);

/** Returns the parsed JSON file of that name in test/golden. */
export function readGoldenJson(fileName: string): unknown {
  return JSON.parse(readFileSync(new URL(`test/golden/${fileName}`, repositoryRoot), "utf8"));
}

/**
 * Reads `test/golden/<name>.json` and joins it with its pairs. Throws if it was made for other
 * pairs than are there.
 */
export function readGolden(name: string): Golden {
  const pairsText = readFileSync(new URL("test/golden/pairs.json", repositoryRoot), "utf8");
  const pairs = JSON.parse(pairsText) as readonly PairRow[];
  const golden = readGoldenJson(`${name}.json`) as GoldenFile;
  const pairsSha256 = createHash("sha256").update(pairsText).digest("hex");
  assert.equal(golden.pairs_sha256, pairsSha256, `${name}.json is stale: run make-golden.py`);
  assert.equal(golden.cases.length, pairs.length);

  const cases = golden.cases.map((row, i): GoldenCase => {
    const pair = pairs[i];
    assert(pair?.name === row.name, `${name}.json: case ${i} is not ${row.name}`);
    return {
      name: row.name,
      query: pair.query.repeat(pair.query_times ?? 1),
      document: pair.document.repeat(pair.document_times ?? 1),
      tokens: row.tokens,
      idsSha256: row.ids_sha256,
      typeIds: row.type_ids,
      fullTokens: row.full_tokens,
      keptTokens: row.kept_tokens,
      logit: row.logit,
    };
  });
  const { max_length: maxLength, logits_from: logitsFrom } = golden;
  return { name: golden.name, maxLength, logitsFrom, cases };
}

/** Returns the hash of ids as golden files write it. */
function hashIds(ids: Int32Array): string {
  return createHash("sha256").update(ids.join(",")).digest("hex").slice(0, HASH_DIGITS);
}

/** Hex digits that golden files keep of a hash. */
const HASH_DIGITS = 16;

/** Returns the run lengths of segment ids as golden files write them. */
function runLengths(values: Uint8Array): string {
  const runs: { value: number; count: number }[] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last?.value === value) last.count++;
    else runs.push({ value, count: 1 });
  }
  return runs.map(({ value, count }) => `${count}*${value}`).join(" ");
}

/** Fails unless the encoding is, token for token, what Python made of the pair. */
export function assertGoldenEncoding(encoding: Encoding | undefined, golden: GoldenCase): void {
  assert(encoding, "there is no encoding");
  assert.deepEqual(
    {
      tokens: encoding.inputIds.length,
      idsSha256: hashIds(encoding.inputIds),
      typeIds: runLengths(encoding.typeIds),
      queryTruncated: encoding.queryTruncated,
      documentTruncated: encoding.documentTruncated,
    },
    {
      tokens: golden.tokens,
      idsSha256: golden.idsSha256,
      typeIds: golden.typeIds,
      queryTruncated: golden.keptTokens[0] < golden.fullTokens[0],
      documentTruncated: golden.keptTokens[1] < golden.fullTokens[1],
    },
  );
}
