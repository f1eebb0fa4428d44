import type { ServerHttp2Session } from "node:http2";

/**
 * Asks the client of a connection every `intervalMs` milliseconds whether it is there, and closes
 * the connection when it has not answered by the next time. Node tells nothing of a machine that is
 * gone without a word; and it neither reads from nor closes a connection that it ended itself
 * because of a frame that was wrong, not even when the client resets it, as long as a stream is
 * open.
 */
export function closeWhenDead(session: ServerHttp2Session, intervalMs: number): void {
  let answered = true;
  const timer = setInterval(() => {
    if (session.destroyed) return;
    if (!answered) return session.destroy();
    answered = false;
    session.ping((error) => {
      answered = error === null;
    });
  }, intervalMs).unref();
  session.once("close", () => clearInterval(timer));
}
