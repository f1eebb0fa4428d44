import type { HandlerContext } from "@connectrpc/connect";
import { linkSignals } from "../../linked-signal.ts";
import type { RerankRequest, RerankResult } from "../../reranker/rerank-request.ts";
import { countCharacters, timingHeaders } from "../call/timing-headers.ts";
import type { ServedModels } from "../models/served-models.ts";
import { abortErrorOf } from "./connect-error.ts";
import { callKey } from "./error-interceptor.ts";

/** The dependencies of rankCall. */
export interface RankCallOptions {
  readonly models: ServedModels;
}

/**
 * Ranks for one RPC: under its deadline and signal, with its observer, and with the headers that
 * report the stages' times.
 */
export async function rankCall(
  { models }: RankCallOptions,
  context: HandlerContext,
  signal: AbortSignal,
  request: RerankRequest,
): Promise<RerankResult> {
  const call = context.values.get(callKey);
  if (call) call.documents = request.documents.length;
  const timeoutMs = context.timeoutMs();
  const observer = call?.observeRanking?.();
  const result = await models.reranker.rerank(request, { signal, timeoutMs, observer });
  const characters = countCharacters(request.query, request.documents);
  const { device } = (models.find(result.model) ?? models.all[0]).health.report;
  const headers = timingHeaders({ ...result, characters, device });
  for (const [name, value] of Object.entries(headers)) context.responseHeader.set(name, value);
  return result;
}

/** Runs work under a signal that aborts, with a RerankError, when its caller no longer waits. */
export async function whileWaiting<Value>(
  context: HandlerContext,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const link = linkSignals({ signals: [context.signal], toReason: abortErrorOf });
  try {
    return await work(link.signal);
  } finally {
    link.unlink();
  }
}
