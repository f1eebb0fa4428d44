export type { RankCall, Ranked, Ranker, RankRequest } from "./ranker.ts";
export { type McpOptions, serveMcp } from "./serve-mcp.ts";
