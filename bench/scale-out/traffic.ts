import { setTimeout as wait } from "node:timers/promises";
import { createRerankClient, type RerankClient } from "../../client/src/index.ts";
import { createHttpClient } from "../load/http-client.ts";
import type { Front } from "./balancers.ts";
import { deadlineMs, jsonBodyOf, pauseMs, requestOf, statusOf } from "./request.ts";
import { streamOnce } from "./stream-once.ts";
import { type Counter, createCounter, type Phase, phases, type Tally } from "./tally.ts";

/** What is sent: HTTP/1.1 calls, gRPC calls, and requests on streams that stay open. */
export type TrafficKind = "HTTP/JSON" | "gRPC" | "streams";

/** Counts of each kind in each phase. */
export type Tallies = ReadonlyMap<TrafficKind, Readonly<Record<Phase, Tally>>>;

/** Requests that go on until they are stopped. */
export interface Traffic {
  readonly tallies: Tallies;
  /** Later requests count for this phase. */
  enter(phase: Phase): void;
  /** Lets what is in flight end, and sends no more. */
  stop(): Promise<void>;
}

/** Callers of each kind of unary call. */
const callers = 6;
/** Streams that are open at a time. */
const streams = 6;
/** Calls before the first request, so that a client of several addresses is connected to all. */
const warmUpCalls = 20;

/**
 * Starts callers that each wait for an answer, or for its failure, before they send again. All gRPC
 * calls and streams share one client. Resolves once they send.
 */
export async function startTraffic(front: Front): Promise<Traffic> {
  const stopping = new AbortController();
  const tallies = new Map<TrafficKind, Readonly<Record<Phase, Tally>>>();
  const loops: Promise<void>[] = [];
  const closers: (() => unknown)[] = [];
  let phase: Phase = "before";

  /** Returns what gives the counter of the present phase. */
  function countersOf(kind: TrafficKind): () => Counter {
    const counters = { before: newCounter(), during: newCounter(), after: newCounter() };
    const [before, during, after] = phases.map((name) => counters[name].tally);
    if (before && during && after) tallies.set(kind, { before, during, after });
    return () => counters[phase];
  }

  async function call(counter: () => Counter, send: (n: number) => Promise<unknown>) {
    for (let n = 0; !stopping.signal.aborted; n += 1) {
      await counter().count(() => send(n));
      await wait(pauseMs);
    }
  }

  async function stream(client: RerankClient, counter: () => Counter) {
    while (!stopping.signal.aborted) {
      const status = await streamOnce(client, counter, stopping.signal);
      if (status !== undefined) counter().streamEnded(status);
      await wait(pauseMs);
    }
  }

  const start = (count: number, run: () => Promise<void>): void => {
    for (let n = 0; n < count; n += 1) loops.push(run());
  };
  const client = createRerankClient({ url: front.grpcUrls, timeoutMs: deadlineMs });
  closers.push(() => client.close());
  for (let n = 0; n < warmUpCalls; n += 1) {
    await client.health();
    await wait(pauseMs);
  }
  if (front.httpUrl !== undefined) {
    const http = createHttpClient(front.httpUrl);
    closers.push(() => http.close());
    const headers = { "x-request-timeout-ms": String(deadlineMs) };
    const post = (n: number) =>
      http.post("/rerank", jsonBodyOf(n), { headers, signal: AbortSignal.timeout(deadlineMs) });
    const counter = countersOf("HTTP/JSON");
    start(callers, () => call(counter, post));
  }
  const unary = countersOf("gRPC");
  start(callers, () => call(unary, (n) => client.rerank(requestOf(n))));
  const streamed = countersOf("streams");
  start(streams, () => stream(client, streamed));

  return {
    tallies,
    enter(next) {
      phase = next;
    },
    async stop() {
      stopping.abort();
      await Promise.all(loops);
      for (const close of closers) await close();
    },
  };
}

function newCounter(): Counter {
  return createCounter(statusOf);
}
