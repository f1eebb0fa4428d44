import type { ServedModel } from "../../models/served-models.ts";
import type { RouteOptions } from "../route.ts";
import type { JsonAnswer } from "../send-json.ts";

/**
 * Label of the only output, which clients of text-embeddings-inference expect: one score, and one
 * thread of our own.
 */
const label = "LABEL_0";
const tokenizationWorkers = 1;

/**
 * Returns the handler of `GET /info`, in the shape of text-embeddings-inference, which serves one
 * model: it tells of the first. Several are listed beside.
 */
export function createInfoHandler({ models, limits }: RouteOptions): () => Promise<JsonAnswer> {
  return async () => ({
    status: 200,
    body: {
      ...infoOf(models.all[0]),
      max_concurrent_requests: limits.maxConcurrentStreams,
      max_batch_requests: null,
      max_client_batch_size: limits.maxDocuments,
      auto_truncate: true,
      tokenization_workers: tokenizationWorkers,
      version: models.health.report.version,
      sha: null,
      docker_label: null,
      ...(models.all.length > 1 && { models: models.all.map(infoOf) }),
    },
  });
}

function infoOf({ names, health, revision, maxBatchTokens }: ServedModel): object {
  const { model, dtype, maxLength, activation, workers, threads } = health.report;
  const [name, alias = name] = names;
  return {
    model_id: model,
    model_sha: revision ?? null,
    model_dtype: dtype,
    served_model_name: alias,
    model_type: { reranker: { id2label: { 0: label }, label2id: { [label]: 0 } } },
    activation,
    max_input_length: maxLength,
    max_batch_tokens: maxBatchTokens,
    inference_workers: workers,
    inference_threads: threads,
  };
}
