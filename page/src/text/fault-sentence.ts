import { CallFault } from "../logic/call-server.ts";
import type { Texts } from "./english.ts";

/** Returns what went wrong in sentences, and that nothing is lost. */
export function faultSentence(error: unknown, texts: Texts): string {
  if (!(error instanceof CallFault)) return `${texts.faults.server} ${texts.kept}`;
  const { kind, message, retryAfter } = error;
  const wantsKey = kind === "keyMissing" || kind === "keyWrong";
  return [
    texts.faults[kind],
    ...(message === "" || wantsKey ? [] : [texts.serverSaid(ended(message))]),
    ...(retryAfter === undefined ? [] : [texts.tryAgainIn(String(retryAfter))]),
    texts.kept,
  ].join(" ");
}

function ended(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
