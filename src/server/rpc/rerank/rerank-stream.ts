import { setMaxListeners } from "node:events";
import type { HandlerContext } from "@connectrpc/connect";
import type { RerankStreamRequest } from "../../../../gen/rerank/v1/rerank_service_pb.ts";
import { RerankError } from "../../../errors.ts";
import { linkSignals, unlessAborted } from "../../../linked-signal.ts";
import type { Logger } from "../../../telemetry/log.ts";
import { refusedOf } from "../../call/refused.ts";
import type { ServerLimits } from "../../limits.ts";
import type { ServedModels } from "../../models/served-models.ts";
import { abortErrorOf } from "../connect-error.ts";
import { callKey } from "../error-interceptor.ts";
import { createAnswerQueue, createPlaces } from "./stream-flow.ts";
import { answerItem, errorAnswer, problemOf, type StreamAnswer } from "./stream-item.ts";

/** The dependencies of a RerankStream call. */
export interface RerankStreamOptions {
  readonly models: Pick<ServedModels, "reranker">;
  readonly log: Logger;
  readonly limits: Pick<ServerLimits, "maxStreamInFlight" | "maxRequestTimeoutMs">;
  /**
   * Aborts when the server begins to drain: nothing more is read, and what is in flight is
   * answered.
   */
  readonly drainSignal: AbortSignal;
}

/**
 * Answers the requests of one stream as they finish. A request that fails answers with its own
 * `error`. A place in flight is free again once the client's connection took the answer, so a
 * client that does not read holds back only itself. A message that cannot be decoded ends the
 * stream, after the answers to those before it.
 */
export async function* rerankStream(
  options: RerankStreamOptions,
  requests: AsyncIterable<RerankStreamRequest>,
  context: HandlerContext,
): AsyncGenerator<StreamAnswer> {
  const { drainSignal, limits } = options;
  const call = context.values.get(callKey);
  const answers = createAnswerQueue<StreamAnswer>();
  const places = createPlaces(limits.maxStreamInFlight);
  const idsInFlight = new Set<string>();
  const stop = linkSignals({ signals: [context.signal], toReason: abortErrorOf });
  // Every request in flight listens to it.
  setMaxListeners(0, stop.signal);
  const onStop = (): void => answers.fail(stop.signal.reason);
  stop.signal.addEventListener("abort", onStop, { once: true });
  if (stop.signal.aborted) onStop();

  const onFailed = (error: RerankError): void => {
    if (call === undefined) return;
    call.failedRequests += 1;
    call.refused ??= refusedOf(error);
  };
  const start = (message: RerankStreamRequest): void => {
    const { id, request } = message;
    places.take();
    const problem = problemOf(message, idsInFlight);
    if (problem !== undefined) {
      onFailed(problem);
      answers.put(errorAnswer(id, problem));
      return;
    }
    if (call) call.documents = (call.documents ?? 0) + (request?.documents.length ?? 0);
    idsInFlight.add(id);
    const { models, log } = options;
    const { maxRequestTimeoutMs } = limits;
    const item = {
      reranker: models.reranker,
      log,
      maxRequestTimeoutMs,
      streamTimeoutMs: context.timeoutMs(),
      signal: stop.signal,
      onFailed,
      requestId: call?.id,
      observeRanking: call?.observeRanking,
    };
    void answerItem(item, message).then((answer) => {
      idsInFlight.delete(id);
      answers.put(answer);
    });
  };

  const read = async (): Promise<void> => {
    const source = requests[Symbol.asyncIterator]();
    try {
      while (!stop.signal.aborted) {
        const next = await unlessAborted(source.next(), drainSignal);
        if (next.done) return;
        start(next.value);
        await places.whenFree();
      }
    } finally {
      await places.whenEmpty();
    }
  };
  read().then(answers.end, answers.fail);

  try {
    for await (const answer of answers.values()) {
      yield answer;
      places.free();
    }
  } finally {
    stop.abort(new RerankError("cancelled", "the stream ended"));
    places.close();
  }
}
