import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { RerankService } from "../../gen/rerank/v1/rerank_service_pb.ts";
import { type ChildServerOptions, startChildServer } from "../process/child-server.ts";
import type { Cell } from "./cells.ts";
import {
  type Contender,
  type ContenderContext,
  patientMs,
  type RunningContender,
} from "./contender.ts";
import { connectHttp } from "./http-contender.ts";

/** How to start this project's server. */
export interface RerankdOptions extends ContenderContext {
  readonly dtype: string;
  /** Default: HTTP/JSON. */
  readonly protocol?: "http" | "grpc";
  /** How to divide the cores. Default: as the server does by itself. */
  readonly cell?: Cell;
  /** Further flags of `rerankd serve`. */
  readonly flags?: readonly string[];
  /** Whether to print the event loop's delay to stderr on SIGUSR2. */
  readonly watchLoop?: boolean;
}

/** Creates a contender that is this project's own server, as compiled. */
export function createRerankd(options: RerankdOptions): Contender {
  const grpc = options.protocol === "grpc";
  return {
    name: `rerankd ${options.dtype}${grpc ? " (gRPC)" : ""}`,
    dtype: options.dtype,
    start: () => (grpc ? startGrpc(options) : startRerankd(options)),
  };
}

/** Starts the server and connects over HTTP/JSON. */
export async function startRerankd(options: RerankdOptions): Promise<RunningContender> {
  return connectHttp(await startChildServer(rerankdCommand(options)), { raw_scores: true });
}

/** Returns how to start the server. */
export function rerankdCommand(options: RerankdOptions): ChildServerOptions {
  const { root, modelFolder, dtype, maxLength, flags = [], watchLoop } = options;
  return {
    command: process.execPath,
    args: [
      ...(watchLoop ? ["--import", join(root, "bench", "process", "loop-monitor.mjs")] : []),
      join(root, "dist", "src", "main.js"),
      "serve",
      `--model-id=${modelFolder}`,
      `--dtype=${dtype}`,
      "--device=cpu",
      ...coreFlags(options),
      `--max-length=${maxLength}`,
      "--port=0",
      "--log-format=json",
      ...flags,
    ],
    readUrl: readReadyUrl,
  };
}

function coreFlags({ cell, threads, threadsAsked }: RerankdOptions): string[] {
  if (cell) return [`--workers=${cell.workers}`, `--threads=${cell.threads}`];
  return threadsAsked ? [`--threads=${threads}`] : [];
}

/** Returns the address that the server's ready line names, or undefined for any other line. */
export function readReadyUrl(line: string): string | undefined {
  if (!line.includes('"msg":"ready"')) return undefined;
  return `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`;
}

async function startGrpc(options: RerankdOptions): Promise<RunningContender> {
  const server = await startChildServer(rerankdCommand(options));
  const transport = createGrpcTransport({ baseUrl: server.url });
  const client = createClient(RerankService, transport);
  return {
    server,
    async rerank({ query, documents }, { signal, deadlineMs = patientMs } = {}) {
      const request = { query, documents: [...documents], rawScores: true };
      const { results } = await client.rerank(request, {
        ...(deadlineMs !== "none" && { timeoutMs: deadlineMs }),
        ...(signal && { signal }),
      });
      const scores = new Array<number>(documents.length).fill(Number.NaN);
      for (const { index, relevanceScore } of results) {
        if (index !== undefined) scores[index] = relevanceScore ?? Number.NaN;
      }
      return scores;
    },
    stop: () => server.stop(),
  };
}
