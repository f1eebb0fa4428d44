import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort } from "node:worker_threads";
import { systemClock } from "../../../src/clock.ts";
import type { Backend, EncodedBatch } from "../../../src/inference/backend.ts";
import { defaultRequestLimits } from "../../../src/reranker/check-request.ts";
import { createReranker } from "../../../src/reranker/reranker.ts";
import { createScheduler } from "../../../src/scheduler/scheduler.ts";
import { defaultServerLimits } from "../../../src/server/limits.ts";
import { createServedModels } from "../../../src/server/models/served-models.ts";
import { createServer } from "../../../src/server/server.ts";
import { createFakeHealth } from "../../fakes/fake-health.ts";
import { fakeTokenizer } from "../../fakes/fake-tokenizer.ts";
import { fuzzModel, type ServerMessage, type ServerState } from "./server-message.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Largest body, in bytes: small, so that inputs reach it. */
const maxBodyBytes = 64 * 1024;

/**
 * Longest time to receive a request, in milliseconds: what waits for its rest ends soon, but not
 * because the machine is slow.
 */
const receiveMs = 5_000;

/**
 * How long an idle connection is kept, in milliseconds; Node keeps one that it ended with GOAWAY as
 * long.
 */
const idleMs = 1_000;

const maxLength = 512;

/** Most texts of errors that are kept to be told. */
const maxKeptErrors = 20;

/** A model whose scores are the sums of the ids, there at once. */
const backend: Backend = {
  async score({ rows, length, inputIds, lengths }: EncodedBatch) {
    return Float32Array.from({ length: rows }, (_row, row) => {
      const start = row * length;
      return inputIds.subarray(start, start + (lengths[row] ?? 0)).reduce((a, b) => a + b, 0) / 1e4;
    });
  },
  close: async () => undefined,
};

const errors: string[] = [];
let errorCount = 0;

function keep(error: unknown): void {
  errorCount += 1;
  if (errors.length < maxKeptErrors) {
    errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

process.on("unhandledRejection", keep);
process.on("uncaughtException", keep);

const scheduler = createScheduler({
  workers: [backend],
  clock: systemClock,
  policy: { maxBatchTokens: 4_096, runOverheadTokens: 64 },
  padId: 0,
  limits: { maxQueueTokens: 2_000_000, maxQueueMs: 10_000 },
});

const reranker = createReranker({
  tokenizer: fakeTokenizer,
  scheduler,
  clock: systemClock,
  maxLength,
  limits: { ...defaultRequestLimits, maxDocuments: 100, maxDocumentChars: 20_000 },
  servedModels: [fuzzModel],
});

const server = createServer({
  models: createServedModels([
    {
      names: [fuzzModel],
      reranker,
      health: createFakeHealth({ model: fuzzModel, maxLength }),
      maxBatchTokens: 4_096,
    },
  ]),
  log: {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (fields) => keep("err" in fields ? fields.err : fields),
  },
  limits: {
    ...defaultServerLimits,
    maxBodyBytes,
    maxDocuments: 100,
    headersTimeoutMs: receiveMs,
    requestTimeoutMs: receiveMs,
    idleTimeoutMs: idleMs,
  },
});

function stateOf(): ServerState {
  collectGarbage();
  return {
    heapBytes: process.memoryUsage().heapUsed,
    handles: process.getActiveResourcesInfo().length,
    pendingTokens: scheduler.pendingTokens,
    errorCount,
    errors: [...errors],
  };
}

const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
const send = (message: ServerMessage): void => parentPort?.postMessage(message);
parentPort?.on("message", (message: "state" | "stop") => {
  if (message === "state") return send({ type: "state", state: stateOf() });
  server.destroy();
  parentPort?.close();
});
send({ type: "listening", port });
