/** The client library for browsers: `rerankd-client/web`. It needs `fetch` and nothing of Node. */
export { RerankClientError, type RerankClientErrorCode } from "./call/client-error.ts";
export type {
  CallOptions,
  ModelHealth,
  RerankPassage,
  RerankRequest,
  RerankResponse,
  RerankResult,
  RerankTimings,
  ServerHealth,
} from "./call/rerank-types.ts";
export type {
  Candidate,
  FallbackCallOptions,
  FallbackLogEvent,
  FallbackOptions,
  FallbackReason,
  FallbackWeights,
  RankedCandidate,
  RankedCandidates,
} from "./fallback/fallback-types.ts";
export { createRerankClient, type WebRerankClient } from "./web/create-rerank-client.ts";
export type { WebRerankClientOptions, WebTransportName } from "./web/web-options.ts";
