import { Code, ConnectError, createContextKey, type Interceptor } from "@connectrpc/connect";
import { RerankError } from "../../errors.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { Call } from "../call/call.ts";
import { refusedOf } from "../call/refused.ts";
import { abortErrorOf, connectErrorOf } from "./connect-error.ts";
import { decodeErrorOf, isEnvelopeError } from "./decode-error.ts";

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

/** The call that a Connect context belongs to. */
export const callKey = createContextKey<Call | undefined>(undefined, { description: "call" });

/** Notes the error with which a call ends, for the log. */
export function noteError(call: Call | undefined, { code, cause }: ConnectError): void {
  if (call === undefined) return;
  call.code = codeName(code);
  call.refused = refusedOf(cause) ?? call.refused;
}

/** Notes why a call ended that aborts, where Connect itself is the cause: a deadline, a shutdown. */
function noteAbort(signal: AbortSignal, call: Call): void {
  const note = (): void => {
    if (signal.reason instanceof ConnectError) noteError(call, signal.reason);
  };
  if (signal.aborted) note();
  else signal.addEventListener("abort", note, { once: true });
}

/** Returns the name of a status code in the spelling of Connect, for example `invalid_argument`. */
export function codeName(code: Code): string {
  return Code[code].replace(/(?!^)[A-Z]/g, "_$&").toLowerCase();
}
