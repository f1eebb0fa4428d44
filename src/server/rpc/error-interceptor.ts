import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { RerankError } from "../../errors.ts";
import type { Logger } from "../../telemetry/log.ts";
import { callKey, noteAbort, noteError } from "./call-context.ts";
import { abortErrorOf, connectErrorOf } from "./connect-error.ts";
import { decodeErrorOf } from "./decode-error.ts";
import { isEnvelopeError } from "./envelope-error.ts";

/**
 * Returns the interceptor that gives every error its status. An error that is neither a
 * ConnectError nor a RerankError is a bug: it is logged with its cause, and the client sees
 * `internal error`.
 */
export function createErrorInterceptor(log: Logger): Interceptor {
  return (next) => async (request) => {
    const call = request.contextValues.get(callKey);
    if (call !== undefined) noteAbort(request.signal, call);
    const translate = (error: unknown): ConnectError => {
      const translated = translateError(error, request.signal);
      noteError(call, translated);
      if (translated.code === Code.Internal && !isEnvelopeError(translated)) {
        log.error({ err: error, request_id: call?.id }, "a request failed inside the server");
      }
      return translated;
    };
    try {
      const response = await next(request);
      if (!response.stream) return response;
      return { ...response, message: translateStream(response.message, translate) };
    } catch (error) {
      throw translate(error);
    }
  };
}

async function* translateStream<Message>(
  messages: AsyncIterable<Message>,
  translate: (error: unknown) => ConnectError,
): AsyncGenerator<Message> {
  try {
    yield* messages;
  } catch (error) {
    throw translate(error);
  }
}

function translateError(error: unknown, signal: AbortSignal): ConnectError {
  if (error instanceof RerankError) return connectErrorOf(error);
  const decodeError = decodeErrorOf(error);
  if (decodeError !== undefined) return decodeError;
  if (signal.aborted) return connectErrorOf(abortErrorOf(signal));
  if (error instanceof ConnectError) return error;
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}
