/** The client library: the package's `rerankd/client`. */
export { RerankClientError, type RerankClientErrorCode } from "./call/client-error.ts";
export type { Environment } from "./call/process-environment.ts";
export type {
  CallOptions,
  ModelHealth,
  RerankPassage,
  RerankRequest,
  RerankResponse,
  RerankResult,
  RerankStreamAnswer,
  RerankStreamRequest,
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
export type {
  ClientTlsOptions,
  RerankClientOptions,
  TransportName,
} from "./node/client-options.ts";
export { createRerankClient } from "./node/create-rerank-client.ts";
export { clientOptionsFromEnv } from "./node/environment.ts";
export type { RerankClient } from "./rerank-client.ts";
