import { Code, ConnectError, createContextKey } from "@connectrpc/connect";
import type { Call } from "../call.ts";
import { refusedOf } from "../refused.ts";

/** The call that a Connect context belongs to. */
export const callKey = createContextKey<Call | undefined>(undefined, { description: "call" });

/** Notes why a call ended that aborts, where Connect itself is the cause: a deadline, a shutdown. */
export function noteAbort(signal: AbortSignal, call: Call): void {
  const note = (): void => {
    const { reason } = signal;
    if (!(reason instanceof ConnectError)) return;
    call.code = codeName(reason.code);
    call.refused = refusedOf(reason.cause) ?? call.refused;
  };
  if (signal.aborted) note();
  else signal.addEventListener("abort", note, { once: true });
}

/** Returns the name of a status code in the spelling of Connect, for example `invalid_argument`. */
export function codeName(code: Code): string {
  return Code[code].replace(/(?!^)[A-Z]/g, "_$&").toLowerCase();
}
