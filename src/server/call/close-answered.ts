import { constants, type Http2ServerResponse } from "node:http2";

/**
 * How long the rest of a request that is answered is thrown away before its stream is closed, in
 * milliseconds. Closing at once would make some clients lose the answer.
 */
const lingerMs = 2_000;

/**
 * Closes the stream of a call that is answered and whose client does not end its request: no more
 * of it is wanted (RFC 9113, section 8.1), and an open stream holds the connection of a server that
 * drains.
 */
export function closeAnswered({ stream }: Http2ServerResponse): void {
  // That of the response is late: it tells of the end of the stream.
  stream.once("finish", () => {
    const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMs).unref();
    stream.once("close", () => clearTimeout(timer));
  });
}
