import { Code, ConnectError, createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { Call } from "../call.ts";
import { refusedOf } from "../refused.ts";
import { decodeErrorOf } from "./decode-error.ts";

/** The call that a Connect context belongs to. */
export const callKey = createContextKey<Call | undefined>(undefined, { description: "call" });

/**
 * Watches a call from before its body is read. Connect aborts the context with the very error
 * object that it prints afterwards, and this is the only place that sees the errors of its
 * decoders, which no interceptor does; so their messages, which repeat what was sent, are replaced
 * here. The signal alone does not do: it tells nothing more once a deadline has passed.
 */
export function watchContext(context: HandlerContext & { abort?: (reason?: unknown) => void }) {
  const { signal, values, abort } = context;
  const onAbort = (reason: unknown): void => {
    if (!(reason instanceof ConnectError)) return;
    const decodeError = decodeErrorOf(reason);
    if (decodeError !== undefined) {
      const { code, rawMessage, message } = decodeError;
      Object.assign(reason, { code, rawMessage, message });
    }
    const call = values.get(callKey);
    if (call === undefined) return;
    call.code = codeName(reason.code);
    call.refused = refusedOf(decodeError?.cause ?? reason.cause) ?? call.refused;
  };
  context.abort = (reason) => {
    onAbort(reason);
    abort?.(reason);
  };
  signal.addEventListener("abort", () => onAbort(signal.reason), { once: true });
  if (signal.aborted) onAbort(signal.reason);
}

/** Returns the name of a status code in the spelling of Connect, for example `invalid_argument`. */
export function codeName(code: Code): string {
  return Code[code].replace(/(?!^)[A-Z]/g, "_$&").toLowerCase();
}
