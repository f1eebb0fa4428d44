import { createInterface } from "node:readline";
import { type ServerProcess, startServerProcess } from "../server-process.ts";
import { maxQueueTokens, ownRequestId } from "./busy-server.ts";

/** Most documents that the checked server takes: fewer than any client allows. */
export const maxDocuments = 500;

/** Largest body that the checked server takes, in bytes. */
export const maxBodyBytes = 4_000_000;

/** A line of the server's log about a call that a client made. */
export interface ClientCallLog {
  readonly path: string;
  readonly code: string;
}

/** A server of its own process that refuses early, and what clients asked of it. */
export interface CheckedServer {
  readonly url: string;
  readonly model: string;
  readonly process: ServerProcess;
  /** Calls of clients that have ended, in order; those of the checks themselves left out. */
  readonly calls: readonly ClientCallLog[];
  /** Resolves when a client's call is refused for overload; call it before the client does. */
  nextRefusal(): Promise<void>;
}

/** Starts a server with low limits, whose queue is full as soon as one request waits. */
export async function startCheckedServer(...args: readonly string[]): Promise<CheckedServer> {
  const server = await startServerProcess([
    `--max-documents=${maxDocuments}`,
    `--max-body-bytes=${maxBodyBytes}`,
    `--max-queue-tokens=${maxQueueTokens}`,
    "--log-format=json",
    ...args,
  ]);
  const calls: ClientCallLog[] = [];
  let refused: (() => void) | undefined;
  if (server.child.stderr === null) throw new Error("the server has no standard error");
  createInterface({ input: server.child.stderr }).on("line", (line) => {
    const { msg, path, code, request_id } = JSON.parse(line) as Record<string, unknown>;
    if (msg !== "request" || request_id === ownRequestId) return;
    calls.push({ path: String(path), code: String(code) });
    if (code === "resource_exhausted") refused?.();
  });
  return {
    url: server.url,
    model: String(server.ready.model),
    process: server,
    calls,
    nextRefusal: () =>
      new Promise((resolve) => {
        refused = resolve;
      }),
  };
}
