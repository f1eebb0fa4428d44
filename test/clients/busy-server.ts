import { setTimeout as delay } from "node:timers/promises";

/** Keeps a server so busy that it refuses every other request. */
export interface Load {
  /** Gives the load up and waits until it is gone. */
  stop(): Promise<void>;
}

/** Marks the requests of the checks themselves in the server's log. */
export const ownRequestId = "check";

/** What the server's queue takes: any request of the checks, but not beside the load. */
export const maxQueueTokens = 1_000;

/** Words of each document: two thirds of the longest pair that the bundled model reads. */
const loadWords = 100;

/** Pause before a look at the server, in milliseconds. */
const pauseMs = 10;

/** Most looks at a server that should become busy: 30 seconds. */
const maxLooks = 3_000;

/** Returns long documents that need not be cut, no two of them equal. */
export function heavyDocuments(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index} word `.repeat(loadWords));
}

/**
 * Sends a request with so many documents to a server with that `--max-queue-tokens`, again and again
 * until stopped, and resolves once the server is seen to refuse others.
 */
export async function loadServer(url: string, documents: number): Promise<Load> {
  const stopping = new AbortController();
  const sending = (async () => {
    while (!stopping.signal.aborted) {
      await post(url, heavyDocuments(documents), stopping.signal).catch(() => undefined);
    }
  })();
  await seeBusy(url);
  return {
    async stop() {
      stopping.abort();
      await sending;
    },
  };
}

/**
 * Resolves once the server refuses a request because others fill its queue, or once the signal
 * aborts.
 */
export async function seeBusy(url: string, signal?: AbortSignal): Promise<void> {
  for (let look = 0; look < maxLooks; look += 1) {
    await delay(pauseMs);
    if (signal?.aborted) return;
    const response = await post(url, ["look"]);
    if (response.status === 429) return;
  }
  throw new Error("the server did not become busy");
}

async function post(url: string, documents: readonly string[], signal?: AbortSignal) {
  const response = await fetch(`${url}/rerank`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": ownRequestId },
    body: JSON.stringify({ query: "word", documents }),
    signal: signal ?? null,
  });
  await response.arrayBuffer();
  return response;
}
