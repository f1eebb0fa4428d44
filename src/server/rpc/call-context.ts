import { Code, ConnectError, createContextKey } from "@connectrpc/connect";
import type { Call } from "../call/call.ts";
import { refusedOf } from "../call/refused.ts";

/** The call that a Connect context belongs to. */
export const callKey = createContextKey<Call | undefined>(undefined, { description: "call" });

/** Notes the error with which a call ends, for the log. */
export function noteError(call: Call | undefined, { code, cause }: ConnectError): void {
  if (call === undefined) return;
  call.code = codeName(code);
  call.refused = refusedOf(cause) ?? call.refused;
}

/** Notes why a call ended that aborts, where Connect itself is the cause: a deadline, a shutdown. */
export function noteAbort(signal: AbortSignal, call: Call): void {
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
