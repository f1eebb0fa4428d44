import { Code, ConnectError } from "@connectrpc/connect";

/** No class of their own: `instanceof` takes every ConnectError for a member of its subclasses. */
const envelopeErrors = new WeakSet<ConnectError>();

/**
 * Returns the error of a call whose messages are not framed as its protocol has it: INTERNAL, as
 * every gRPC implementation answers, although the client did it.
 */
export function createEnvelopeError(message: string, cause?: unknown): ConnectError {
  const error = new ConnectError(message, Code.Internal, undefined, undefined, cause);
  envelopeErrors.add(error);
  return error;
}

/** Whether an error comes from createEnvelopeError(), so that the client and not the server is at fault. */
export function isEnvelopeError(error: ConnectError): boolean {
  return envelopeErrors.has(error);
}
