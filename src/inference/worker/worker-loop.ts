import type { MessagePort } from "node:worker_threads";
import { RerankError, StartupError } from "../../errors.ts";
import type { Session, SessionHooks } from "../session/session.ts";
import type { WorkerRequest, WorkerResponse } from "./worker-protocol.ts";

/** Opens the session that the worker serves. */
export type OpenWorkerSession = (hooks: SessionHooks) => Promise<Session>;

/**
 * Serves one session over a port until it is asked to close. Requests are answered in the order in
 * which they came.
 */
export async function serveSession(port: MessagePort, open: OpenWorkerSession): Promise<void> {
  const post = (response: WorkerResponse, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(response, transfer);
  let session: Session;
  try {
    session = await open({
      onNote: (note) => post({ type: "noted", note }),
      onDegraded: (reason) => post({ type: "degraded", reason }),
    });
  } catch (error) {
    post(startFailure(error));
    port.close();
    return;
  }

  async function answer(request: WorkerRequest): Promise<void> {
    switch (request.type) {
      case "score":
        try {
          const logits = await session.run(request.batch);
          post({ type: "scored", id: request.id, logits }, [logits.buffer]);
        } catch (error) {
          post(runFailure(request.id, error));
        }
        return;
      case "close":
        await session.close();
        // With its port closed nothing keeps the thread alive: it ends by itself, which is safe at
        // any time.
        port.close();
        return;
      default:
        request satisfies never;
    }
  }

  // A session computes one batch at a time, and the next one may arrive before the last is
  // answered.
  let last = Promise.resolve();
  port.on("message", (request: WorkerRequest) => {
    last = last.then(() => answer(request));
  });
  // A request that cannot be read has no id to answer to: the thread dies of it, which fails every
  // open call.
  port.on("messageerror", (cause) => {
    throw cause;
  });
  post({ type: "started", info: session.info });
}

function startFailure(error: unknown): WorkerResponse {
  const { message, hint } =
    error instanceof StartupError
      ? error
      : { message: "the model cannot be loaded", hint: undefined };
  return { type: "start_failed", message, hint, cause: describeCause(error) };
}

function runFailure(id: number, error: unknown): WorkerResponse {
  const { code, message } =
    error instanceof RerankError
      ? error
      : ({ code: "internal", message: "the model could not compute this batch" } as const);
  return { type: "failed", id, code, message, cause: describeCause(error) };
}

/** The text of an error and of what led to it, for logs. */
function describeCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\ncaused by ${describeCause(error.cause)}`;
}
