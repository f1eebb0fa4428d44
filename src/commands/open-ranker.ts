import {
  type RerankRequest as ClientRequest,
  clientOptionsFromEnv,
  createRerankClient,
} from "../../client/src/index.ts";
import type { EngineConfig } from "../config/engine-config.ts";
import type { ServerChoice } from "../config/server-choice.ts";
import { startReranker } from "../engine/start-reranker.ts";
import { RerankError } from "../errors.ts";
import type { RankedDocument, RerankRequest } from "../reranker/rerank-request.ts";
import { createLogger } from "../telemetry/log.ts";
import { hasColors } from "../terminal/has-colors.ts";
import { createProgressDisplay } from "../terminal/progress.ts";
import { readClientTls } from "./client-tls.ts";
import type { ProcessContext } from "./process-context.ts";

/** A ranking request of a command. */
export type RankRequest = Omit<RerankRequest, "scoreHabit">;

/** The ranking that a command gets. */
export interface Ranking {
  readonly model: string;
  /** From most to least relevant. */
  readonly results: readonly RankedDocument[];
  /** Whether the query was cut in at least one pair. */
  readonly queryTruncated: boolean;
}

/** The ranker of a command: a server, or the model in this process. */
export interface Ranker {
  rerank(request: RankRequest, options: { readonly signal: AbortSignal }): Promise<Ranking>;
  close(): Promise<void>;
}

/** Where to rank, and with what. */
export interface RankerChoice {
  /** undefined: the model runs in this process. */
  readonly server: ServerChoice | undefined;
  /** How, if it does. */
  readonly engine: EngineConfig;
}

/**
 * Bounds that keep callers of a server apart. A command is its engine's only caller, and waits for
 * whatever it asked for.
 */
const withoutQueueLimits = {
  maxDocuments: 2 ** 31 - 1,
  maxQueueTokens: 2 ** 31 - 1,
  maxQueueMs: 2 ** 31 - 1,
} as const;

/**
 * Returns a client of the server, or loads the model. What it logs, a licence's limits for example,
 * goes to `stderr`.
 */
export async function openRanker(
  { server, engine }: RankerChoice,
  { env, stderr, stop }: ProcessContext,
): Promise<Ranker> {
  if (server !== undefined) {
    const { apiKey } = clientOptionsFromEnv(env);
    const tls = server.tls && (await readClientTls(server.tls));
    const client = createRerankClient({
      url: server.url,
      model: server.model,
      apiKey,
      tls,
      timeoutMs: Number.POSITIVE_INFINITY,
    });
    return {
      rerank: async (request, options) => await client.rerank(clientRequestOf(request), options),
      close: async () => await client.close(),
    };
  }
  const display = createProgressDisplay(stderr, { env });
  return await startReranker(
    { ...engine, ...withoutQueueLimits },
    {
      env,
      log: createLogger({
        level: "warn",
        format: "text",
        destination: stderr,
        color: hasColors(stderr, env),
      }),
      onProgress: display.update,
      signal: stop,
    },
  ).finally(display.done);
}

/** Throws a RerankError if the request says what a server can be asked in plain JSON only. */
function clientRequestOf(request: RankRequest): ClientRequest {
  const { maxTokensPerQuery, maxTokensPerPair, maxTokensPerDocument, topN, model, ...rest } =
    request;
  if (maxTokensPerQuery !== undefined || maxTokensPerPair !== undefined) {
    const field =
      maxTokensPerQuery === undefined ? "truncate_prompt_tokens" : "max_tokens_per_query";
    const message = `\`${field}\` must not be sent with --url: gRPC has no such field`;
    throw new RerankError("invalid_argument", message, { field });
  }
  return {
    ...rest,
    topN: topN ?? undefined,
    model: model ?? undefined,
    maxTokensPerDoc: maxTokensPerDocument,
  };
}
