import { readGoldenJson } from "./golden-cases.ts";

/** A pair, its ids under the templates of language models, and the logits of torch. */
export interface DecoderCase {
  readonly query: string;
  readonly document: string;
  readonly "qwen3-reranker": number[];
  readonly "mxbai-rerank-v2": number[];
  readonly "mxbai, instructed": number[];
  readonly zerank?: number[];
  /** Under Qwen3-Reranker's template. */
  readonly logit: number;
  /** Under the same with the instruction "Find notes about the same person". */
  readonly instructed: number;
}

/** Reads what scripts/fixtures/make-decoder-fixture.py wrote. */
export function readDecoderGolden(): {
  readonly maxLength: number;
  readonly cases: readonly DecoderCase[];
} {
  const { max_length: maxLength, cases } = readGoldenJson("tiny-qwen3.json") as {
    readonly max_length: number;
    readonly cases: readonly DecoderCase[];
  };
  return { maxLength, cases };
}
