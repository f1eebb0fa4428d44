import { setTimeout as wait } from "node:timers/promises";
import type { RerankCase } from "../corpus/corpus.ts";
import type { Rerank } from "./closed-loop.ts";

/** How a request ended. */
export type OutcomeKind = "answered" | "refused" | "failed" | "hung";

/** One request of an open loop. */
export interface Outcome {
  readonly kind: OutcomeKind;
  /** When it was due, in ms from the start. */
  readonly dueMs: number;
  /** From when it was due to its end. */
  readonly latencyMs: number;
  readonly documents: number;
  /** The error's message if it failed. */
  readonly message?: string;
}

/** How to load a server with requests that come whether or not it keeps up. */
export interface OpenLoopOptions {
  readonly rerank: Rerank;
  readonly requests: readonly RerankCase[];
  /** When to send, in ms from the start, ascending. */
  readonly arrivalsMs: readonly number[];
  /** Told to the server with each request; `none`: nothing is told. Default: ten minutes. */
  readonly deadlineMs?: number | "none";
  /** After this a request counts as hung. */
  readonly hangMs: number;
  /** Whether an error means "too busy": HTTP 429 or RESOURCE_EXHAUSTED. */
  isRefusal(error: unknown): boolean;
}

/**
 * Sends each request when it is due and resolves when all have ended, in order of arrival. Time
 * that a request waits because the generator itself is late counts as latency, so a stalled
 * generator cannot flatter the server. Never rejects for a failed request.
 */
export async function runOpenLoop(options: OpenLoopOptions): Promise<Outcome[]> {
  const { requests, arrivalsMs } = options;
  const startedMs = performance.now();
  const running: Promise<Outcome>[] = [];
  for (const [index, dueMs] of arrivalsMs.entries()) {
    const request = requests[index % requests.length];
    if (request === undefined) throw new Error("there are no requests to send");
    const earlyMs = dueMs - (performance.now() - startedMs);
    if (earlyMs > 0) await wait(earlyMs);
    running.push(sendOne(options, request, { startedMs, dueMs }));
  }
  return Promise.all(running);
}

async function sendOne(
  { rerank, isRefusal, hangMs, deadlineMs }: OpenLoopOptions,
  request: RerankCase,
  { startedMs, dueMs }: { readonly startedMs: number; readonly dueMs: number },
): Promise<Outcome> {
  const controller = new AbortController();
  const { signal } = controller;
  const end = (kind: OutcomeKind, message?: string): Outcome => ({
    kind,
    dueMs,
    latencyMs: performance.now() - startedMs - dueMs,
    documents: request.documents.length,
    ...(message === undefined ? {} : { message }),
  });
  const answer = rerank(request, {
    signal,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  }).then(
    () => end("answered"),
    (error: unknown) => (isRefusal(error) ? end("refused") : end("failed", String(error))),
  );
  // A race, because what hangs may ignore the signal, too.
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => {
      resolve(end("hung", `no answer within ${hangMs} ms`));
      controller.abort();
    }, hangMs);
  });
  const outcome = await Promise.race([answer, hung]);
  clearTimeout(timer);
  return outcome;
}
