import { StartupError } from "../../errors.ts";

/** The platform's `fetch`, or a replacement. */
export type Fetch = typeof globalThis.fetch;

/** An answer of the hub that is not a success. */
export class HubStatusError extends Error {
  override readonly name = "HubStatusError";
  /** The HTTP status. */
  readonly status: number;
  /** The hub's own code, for example `GatedRepo`, `RepoNotFound`, `RevisionNotFound`. */
  readonly hubCode: string | undefined;
  /** How long the hub asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(response: Response) {
    super(`the hub answered ${response.status}`);
    this.status = response.status;
    this.hubCode = response.headers.get("x-error-code") ?? undefined;
    this.retryAfterMs = readRetryAfterMs(response.headers);
  }
}

/** The seconds until a limit ends, in the header that the hub sends with it. */
const rateLimitReset = /;\s*t=(\d+)/;

function readRetryAfterMs(headers: Headers): number | undefined {
  const [, reset] = rateLimitReset.exec(headers.get("ratelimit") ?? "") ?? [];
  const value = headers.get("retry-after") ?? reset;
  if (value === undefined || value === null) return undefined;
  const seconds = Number(value);
  const waitMs = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined;
}

/** How to reach a hub. */
export interface HubFetchOptions {
  readonly endpoint: string;
  readonly token?: string;
  /** Default: the platform's `fetch`. */
  readonly fetch?: Fetch;
}

/** What a header's value may hold of text without spaces. */
const headerText = /^[\x21-\x7e]+$/;

/** The path of a page of a listing, behind whatever prefix a mirror has. */
const listingPath = /\/api\/models\/.+\/tree\/.*$/;

/**
 * Returns a `fetch` that rejects with HubStatusError on anything but success, and sends the token
 * to the endpoint's origin only: not to an address that a listing names, and not to the origin that
 * a redirect leads to. A further page of a listing is asked of the endpoint, whatever address the
 * page before gave: mirrors pass on that of the hub itself.
 *
 * Throws a StartupError if the token has characters that a header cannot carry.
 */
export function createHubFetch(options: HubFetchOptions): Fetch {
  const { endpoint, token, fetch = globalThis.fetch } = options;
  const { origin } = new URL(endpoint);
  if (token !== undefined && !headerText.test(token)) {
    throw new StartupError("the hub's token has characters that no token has", {
      hint: "set HF_TOKEN to the token as the hub shows it, hf_ and letters, without quotes around it",
    });
  }
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const [page] = listingPath.exec(url.pathname) ?? [];
    if (page !== undefined && !url.href.startsWith(`${endpoint}/`)) {
      url.href = `${endpoint}${page}${url.search}`;
    }
    const headers = new Headers(init?.headers);
    headers.set("user-agent", "rerankd");
    headers.delete("authorization");
    // `fetch` itself drops the header when a redirect leaves the origin.
    if (token !== undefined && url.origin === origin) {
      headers.set("authorization", `Bearer ${token}`);
    }
    const response = await fetch(url, { ...init, headers });
    if (response.ok) return response;
    await response.body?.cancel();
    throw new HubStatusError(response);
  };
}
