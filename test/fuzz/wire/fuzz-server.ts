import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { ServerMessage, ServerState } from "./server-message.ts";

/** A server in a thread of its own, so that it can hang or crash and be seen to do so. */
export interface FuzzServer {
  readonly port: number;
  /** Why its thread ended before its time; undefined while it runs. */
  readonly crash: string | undefined;
  /** Measures it. */
  state(): Promise<ServerState>;
  close(): Promise<void>;
}

/** Memory for what does not live long, so that most of the time is not spent on collecting it. */
const maxYoungGenerationSizeMb = 128;

/** Starts the server with a model that answers at once, on a loopback port. */
export async function startFuzzServer(): Promise<FuzzServer> {
  const worker = new Worker(new URL("./server-worker.js", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb },
  });
  let crash: string | undefined;
  let stopping = false;
  worker.on("error", (error) => {
    crash ??= error.stack ?? error.message;
  });
  worker.on("exit", (code) => {
    if (!stopping) crash ??= `the thread ended with ${code}`;
  });
  const receive = async <Type extends ServerMessage["type"]>(type: Type) => {
    for (;;) {
      const [message] = (await once(worker, "message")) as [ServerMessage];
      if (message.type === type) return message as Extract<ServerMessage, { type: Type }>;
    }
  };
  const { port } = await receive("listening");
  return {
    port,
    get crash() {
      return crash;
    },
    async state() {
      worker.postMessage("state");
      return (await receive("state")).state;
    },
    async close() {
      stopping = true;
      const exited = once(worker, "exit");
      worker.postMessage("stop");
      await exited;
    },
  };
}
