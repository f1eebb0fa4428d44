import type { Environment } from "../../config/options/parse-options.ts";
import { readHubOptions } from "../../models/hub/hub-options.ts";
import { createNetworkFetch } from "../../models/hub/network-fetch.ts";
import { type Check, hintOf, messageOf } from "./check.ts";

/** Options of the check of the hub. */
export interface HubCheckOptions {
  readonly env: Environment;
  /** Whether the model has to be fetched from there. */
  readonly needed: boolean;
  readonly signal: AbortSignal;
  /** Longest wait for its answer, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number | undefined;
  /** Returns the time in milliseconds. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

const name = "hub";
const usualTimeoutMs = 5_000;

/** A clock that is further off than this breaks certificates and signed addresses. */
const maxSkewMs = 5 * 60 * 1000;

/** Checks that the hub can be reached as a download would, and compares its clock with ours. */
export async function checkHub(options: HubCheckOptions): Promise<Check> {
  const { env, needed, signal, timeoutMs = usualTimeoutMs, now = Date.now } = options;
  try {
    const { endpoint, offline, offlineVariable, network } = await readHubOptions(env);
    if (offline) return { name, state: "skipped", found: `${offlineVariable} is set` };
    const fetch = await createNetworkFetch(network ?? {});
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    return await fetch(endpoint, { method: "HEAD", redirect: "manual", signal: limited }).then(
      (answer) => judgeClock(endpoint, Date.parse(answer.headers.get("date") ?? ""), now()),
      (error: unknown) => unreachable(endpoint, error, needed, signal),
    );
  } catch (error) {
    signal.throwIfAborted();
    return { name, state: "fault", found: messageOf(error), advice: hintOf(error) };
  }
}

function judgeClock(endpoint: string, theirMs: number, ourMs: number): Check {
  if (Number.isNaN(theirMs)) {
    return { name, state: "ok", found: `${endpoint} answers, without its time` };
  }
  // The header has whole seconds, rounded down.
  const seconds = Math.trunc((ourMs - theirMs) / 1000);
  const found = `${endpoint} answers; this clock is ${describeSkew(seconds)}`;
  if (Math.abs(seconds) * 1000 <= maxSkewMs) return { name, state: "ok", found };
  const advice = "set this machine's clock, with NTP for example: certificates depend on it";
  return { name, state: "warning", found, advice };
}

function describeSkew(seconds: number): string {
  if (Math.abs(seconds) <= 2) return "the same";
  return `${Math.abs(seconds)} s ${seconds > 0 ? "ahead" : "behind"}`;
}

function unreachable(
  endpoint: string,
  error: unknown,
  needed: boolean,
  signal: AbortSignal,
): Check {
  signal.throwIfAborted();
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return {
    name,
    state: needed ? "fault" : "warning",
    found: `${endpoint} cannot be reached: ${messageOf(cause)}`,
    advice: needed
      ? "check HTTPS_PROXY and HF_ENDPOINT, or copy the model's folder from another machine"
      : "only downloads need it; HF_HUB_OFFLINE=1 says that it is not to be used",
  };
}
