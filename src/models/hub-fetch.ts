/** The platform's `fetch`, or one that stands in for it. */
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
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    this.retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  }
}

/** How to reach a hub. */
export interface HubFetchOptions {
  readonly endpoint: string;
  readonly token?: string;
  /** Default: the platform's `fetch`. */
  readonly fetch?: Fetch;
}

/**
 * Returns a `fetch` that rejects with HubStatusError on anything but success, and sends the token
 * to the endpoint's origin only: not to an address that a listing names, and not to the origin that
 * a redirect leads to.
 */
export function createHubFetch(options: HubFetchOptions): Fetch {
  const { endpoint, token, fetch = globalThis.fetch } = options;
  const { origin } = new URL(endpoint);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
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
