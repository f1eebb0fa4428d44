import type { ServerHttp2Session } from "node:http2";
import * as http2 from "node:http2";
import { createTokenBucket } from "../token-bucket.ts";

/** The frames that a client of HTTP/2 can send too often. */
export type Flood = "stream_resets" | "pings" | "settings";

/**
 * Streams that end with an error, for each that a connection may have open: a client whose calls
 * all expire resets them all at once, and then again.
 */
const resetsPerStream = 2;

/** The rate at which nghttp2 itself gives up on a connection, after a burst of a thousand. */
const resetsPerSecond = 33;

/**
 * gRPC clients that measure their bandwidth send a ping with every message that they read, so only
 * a client that does nothing else is above this.
 */
const pings = { burst: 2_000, perSecond: 1_000 } as const;

/** Clients change their settings at the start, and some when they found out their bandwidth. */
const settings = { burst: 100, perSecond: 10 } as const;

/** How long a client has to read why its connection is closed, in milliseconds. */
const lastWordsMs = 100;

/**
 * Closes a session with GOAWAY (ENHANCE_YOUR_CALM) once its client resets streams, pings or changes
 * its settings too often. Streams that the server had to reset count too: to provoke that costs a
 * client as little as to reset them itself (CVE-2023-44487, CVE-2025-8671).
 */
export function guardSession(
  session: http2.ServerHttp2Session,
  maxConcurrentStreams: number,
  onFlood: (flood: Flood) => void,
): void {
  let isClosing = false;
  const limit = (flood: Flood, passes: () => boolean) => (): void => {
    if (passes() || isClosing || session.destroyed) return;
    isClosing = true;
    onFlood(flood);
    const code = http2.constants.NGHTTP2_ENHANCE_YOUR_CALM;
    session.goaway(code);
    // What is being written holds back the frame, and destroy() throws away what waits.
    setTimeout(() => session.destroy(new Error(`too many ${flood}`), code), lastWordsMs).unref();
  };
  const countReset = limit(
    "stream_resets",
    createTokenBucket({
      burst: maxConcurrentStreams * resetsPerStream,
      perSecond: resetsPerSecond,
    }),
  );
  session.on("stream", (stream: http2.ServerHttp2Stream) => {
    stream.once("close", () => {
      if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) countReset();
    });
  });
  session.on("ping", limit("pings", createTokenBucket(pings)));
  session.on("remoteSettings", limit("settings", createTokenBucket(settings)));
}

/**
 * Pings the client of a connection every `intervalMs` milliseconds, and closes the connection when
 * it has not answered by the next time. Node does not notice a machine that is gone without closing
 * its connection; and it neither reads from nor closes a connection that it ended itself because of
 * a frame that was wrong, not even when the client resets it, as long as a stream is open.
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
