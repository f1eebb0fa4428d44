/** The client library: the package's `rerankd/client`. */
export { RerankClientError, type RerankClientErrorCode } from "./client-error.ts";
export type { ClientTlsOptions, RerankClientOptions, TransportName } from "./client-options.ts";
export { createRerankClient } from "./create-rerank-client.ts";
export { clientOptionsFromEnv, type Environment } from "./environment.ts";
export type {
  Candidate,
  FallbackCallOptions,
  FallbackLogEvent,
  FallbackOptions,
  FallbackReason,
  FallbackWeights,
  RankedCandidate,
  RankedCandidates,
} from "./fallback-types.ts";
export type { RerankClient } from "./rerank-client.ts";
export type {
  CallOptions,
  RerankPassage,
  RerankRequest,
  RerankResponse,
  RerankResult,
  RerankStreamAnswer,
  RerankStreamRequest,
  RerankTimings,
  ServerHealth,
} from "./rerank-types.ts";
