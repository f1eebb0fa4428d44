import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** Knows which answers are still to be sent on each HTTP/1.1 connection. */
export interface PendingAnswers {
  add(request: IncomingMessage, response: ServerResponse): void;
  /**
   * Calls `onSent` once the answers to all requests that were received whole are sent; at once if
   * there are none. Only the first call for a connection counts.
   */
  whenSent(socket: Duplex, onSent: () => void): void;
}

/** Returns an empty record. */
export function createPendingAnswers(): PendingAnswers {
  const open = new WeakMap<Duplex, Map<ServerResponse, IncomingMessage>>();
  const awaited = new WeakSet<Duplex>();
  return {
    add(request, response) {
      const { socket } = request;
      const answers = open.get(socket) ?? new Map<ServerResponse, IncomingMessage>();
      open.set(socket, answers.set(response, request));
      response.once("close", () => answers.delete(response));
    },
    whenSent(socket, onSent) {
      if (awaited.has(socket)) return;
      awaited.add(socket);
      const whole = [...(open.get(socket) ?? [])].filter(([, request]) => request.complete);
      // They are sent in the order of their requests.
      const [last] = whole.at(-1) ?? [];
      if (last === undefined) onSent();
      else last.once("close", onSent);
    },
  };
}
