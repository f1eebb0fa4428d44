/**
 * How often a connection is pinged while a call is open, in milliseconds: twice the least that
 * gRPC's clients allow, and often enough that a machine that is gone without a word is noticed
 * within half a minute.
 */
export const pingIntervalMs = 20_000;

/** How long a ping may go unanswered before the connection is closed, in milliseconds. */
export const pingTimeoutMs = 10_000;

/**
 * How long grpc-js keeps a connection without calls, in milliseconds: shorter than a server's default of
 * 75 s, so that no call meets a connection that the server is closing.
 */
export const idleTimeoutMs = 60_000;
