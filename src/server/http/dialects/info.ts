import type { RouteOptions } from "../route.ts";
import type { JsonAnswer } from "../send-json.ts";

/**
 * Label of the only output, which clients of text-embeddings-inference expect: one score, and one
 * thread of our own.
 */
const label = "LABEL_0";
const tokenizationWorkers = 1;

/** Returns the handler of `GET /info`, in the shape of text-embeddings-inference. */
export function createInfoHandler(options: RouteOptions): () => Promise<JsonAnswer> {
  const { health, limits, serving } = options;
  return async () => {
    const { model, dtype, maxLength, activation, version, workers, threads } = health.report;
    const [name, alias = name] = serving.servedModels;
    return {
      status: 200,
      body: {
        model_id: model,
        model_sha: serving.revision ?? null,
        model_dtype: dtype,
        served_model_name: alias,
        model_type: { reranker: { id2label: { 0: label }, label2id: { [label]: 0 } } },
        activation,
        max_concurrent_requests: limits.maxConcurrentStreams,
        max_input_length: maxLength,
        max_batch_tokens: serving.maxBatchTokens,
        max_batch_requests: null,
        max_client_batch_size: serving.maxDocuments,
        auto_truncate: true,
        tokenization_workers: tokenizationWorkers,
        inference_workers: workers,
        inference_threads: threads,
        version,
        sha: null,
        docker_label: null,
      },
    };
  };
}
