import type { Option } from "./option.ts";

const count = { kind: "integer", min: 1, max: 2 ** 31 - 1 } as const;
/**
 * Node's timers allow 2^31 - 1 ms at most, and Node adds to some of these values, so the limit is
 * lower.
 */
const milliseconds = { kind: "integer", min: 1, max: 2_000_000_000 } as const;

/** V8's longest string: a larger body cannot be read as JSON. */
const bodyBytes = { kind: "integer", min: 1, max: 2 ** 29 - 24 } as const;

/** The options of `serve` that limit sizes, counts and times. */
export const limitOptions: readonly Option[] = [
  {
    group: "Limits",
    flag: "max-body-bytes",
    env: ["RERANKER_MAX_BODY_BYTES"],
    value: "BYTES",
    type: bodyBytes,
    default: 33_554_432,
    help: "largest request body or gRPC message, also after decompression",
  },
  {
    group: "Limits",
    flag: "max-documents",
    setting: "maxDocuments",
    env: ["RERANKER_MAX_DOCUMENTS"],
    value: "N",
    type: count,
    default: 10_000,
    help: "most documents in one request",
  },
  {
    group: "Limits",
    flag: "max-document-chars",
    setting: "maxDocumentChars",
    env: ["RERANKER_MAX_DOCUMENT_CHARS"],
    value: "N",
    type: count,
    default: 1_000_000,
    help: "longest document, in UTF-16 units",
  },
  {
    group: "Limits",
    flag: "max-query-chars",
    setting: "maxQueryChars",
    env: ["RERANKER_MAX_QUERY_CHARS"],
    value: "N",
    type: count,
    default: 32_768,
    help: "longest query, in UTF-16 units",
  },
  {
    group: "Limits",
    flag: "max-queue-tokens",
    perModel: true,
    setting: "maxQueueTokens",
    env: ["RERANKER_MAX_QUEUE_TOKENS"],
    value: "TOKENS",
    type: count,
    default: 2_000_000,
    help: "most tokens in the queue; requests beyond it get 429, those with more than it alone 422",
  },
  {
    group: "Limits",
    flag: "max-queue-ms",
    perModel: true,
    setting: "maxQueueMs",
    env: ["RERANKER_MAX_QUEUE_MS"],
    value: "MS",
    type: milliseconds,
    default: 5000,
    help: "longest expected time in the queue; beyond it, requests without a deadline get 429",
  },
  {
    group: "Limits",
    flag: "max-batch-tokens",
    perModel: true,
    setting: "maxBatchTokens",
    env: ["RERANKER_MAX_BATCH_TOKENS"],
    value: "TOKENS",
    type: count,
    help: "most padded tokens of one inference; unset: 1024 on cpu, 16384 on a gpu",
  },
  {
    group: "Limits",
    flag: "max-connections",
    env: ["RERANKER_MAX_CONNECTIONS"],
    value: "N",
    type: count,
    default: 4096,
    help: "most connections at a time; further ones are closed at once",
  },
  {
    group: "Limits",
    flag: "max-concurrent-streams",
    env: ["RERANKER_MAX_CONCURRENT_STREAMS"],
    value: "N",
    type: count,
    default: 128,
    help: "most calls at a time on one HTTP/2 connection",
  },
  {
    group: "Limits",
    flag: "max-stream-in-flight",
    env: ["RERANKER_MAX_STREAM_IN_FLIGHT"],
    value: "N",
    type: count,
    default: 64,
    help: "most unanswered requests on one RerankStream before the server stops reading it",
  },
  {
    group: "Limits",
    flag: "headers-timeout-ms",
    env: ["RERANKER_HEADERS_TIMEOUT_MS"],
    value: "MS",
    type: milliseconds,
    default: 10_000,
    help: "time to send request headers, or the first bytes of a connection",
  },
  {
    group: "Limits",
    flag: "request-timeout-ms",
    env: ["RERANKER_REQUEST_TIMEOUT_MS"],
    value: "MS",
    type: milliseconds,
    default: 60_000,
    help: "time to send a whole request, and to take its answer",
  },
  {
    group: "Limits",
    flag: "idle-timeout-ms",
    env: ["RERANKER_IDLE_TIMEOUT_MS"],
    value: "MS",
    type: milliseconds,
    default: 75_000,
    help: "time after which a connection without calls is closed",
  },
];
