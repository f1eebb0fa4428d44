import { constants } from "node:http2";
import { type Call, isHttp2, type ServerResponseLike } from "./call.ts";

/** How many times an answer is looked at in the time that it has. */
const looks = 4;

/**
 * Gives up on an answer that the server has ended and that its client has not taken `timeoutMs`
 * later: over HTTP/2 on its stream, over HTTP/1.1 on its connection. Otherwise a client that does
 * not read could keep its answers in memory for ever.
 */
export function dropUnreadAnswer(
  response: ServerResponseLike,
  call: Call,
  timeoutMs: number,
): void {
  let endedMs: number | undefined;
  // No event tells that an answer was ended.
  const timer = setInterval(
    () => {
      if (!response.writableEnded) return;
      endedMs ??= performance.now();
      if (performance.now() - endedMs < timeoutMs) return;
      clearInterval(timer);
      call.code ??= "cancelled";
      if (isHttp2(response)) response.stream.close(constants.NGHTTP2_CANCEL);
      else response.destroy();
    },
    Math.ceil(timeoutMs / looks),
  ).unref();
  response.once("close", () => clearInterval(timer));
}
