/**
 * Ranking without a server, in Node and in browsers: `rerankd-client/fallback`. It is what
 * `rerankOrFallback` does while the server does not answer.
 */
export { RerankClientError, type RerankClientErrorCode } from "./call/client-error.ts";
export type { Candidate, FallbackWeights, RankedCandidate } from "./fallback/fallback-types.ts";
export { type RankOptions, rankWithoutServer } from "./fallback/rank-without-server.ts";
