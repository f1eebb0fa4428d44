import { checkPositive } from "../call/check.ts";
import { RerankClientError } from "../call/client-error.ts";
import { defaultTimeoutMs } from "../call/client-transport.ts";
import type { FallbackOptions } from "../fallback/fallback-types.ts";

/** The protocol of calls from a browser; a server of rerankd answers both. */
export type WebTransportName = "connect" | "grpc-web";

/** Options of a client in a browser. */
export interface WebRerankClientOptions {
  /**
   * `http://host:port` or `https://host:port`, also with a path, or a path of the page's own origin.
   * A server of another origin must allow the page's (`--cors-origin`). Default: the page's origin.
   */
  readonly url?: string | undefined;
  /** Default: `connect`. */
  readonly transport?: WebTransportName | undefined;
  /**
   * Sent as `authorization: Bearer …`. Everybody who can open the page can read it: give each user a
   * key of their own, or let a server of yours add it.
   */
  readonly apiKey?: string | undefined;
  /** How long a call may take, in milliseconds; `Infinity` for no deadline. Default: 30,000. */
  readonly timeoutMs?: number | undefined;
  /** The model that requests ask for. Default: the one that is served. */
  readonly model?: string | undefined;
  /** Headers of every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Options of rerankOrFallback. */
  readonly fallback?: FallbackOptions | undefined;
}

/** The options of a client in a browser, checked, with their defaults. */
export interface WebSettings {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly transport: WebTransportName;
  readonly timeoutMs: number;
  readonly model: string;
  readonly headers: Headers;
  readonly fallback: FallbackOptions | undefined;
}

const transportNames: readonly WebTransportName[] = ["connect", "grpc-web"];

/**
 * Returns checked settings. Throws a RerankClientError with `invalid_argument` that names the option
 * at fault.
 */
export function webSettingsOf(options: WebRerankClientOptions): WebSettings {
  const { url, transport = "connect", timeoutMs = defaultTimeoutMs } = options;
  const { model = "", fallback } = options;
  if (!transportNames.includes(transport)) {
    throw invalid(`\`transport\` must be \`connect\` or \`grpc-web\`, got: \`${transport}\``);
  }
  checkPositive("timeoutMs", timeoutMs);
  const baseUrl = baseUrlOf(url);
  return { baseUrl, transport, timeoutMs, model, headers: headersOf(options), fallback };
}

/** The page's own address; undefined in a server that renders the page. */
interface Page {
  readonly location?: { readonly origin: string };
}

function baseUrlOf(url: string | undefined): string {
  const { location } = globalThis as Page;
  if (url === undefined && location === undefined) {
    throw invalid("`url` must be given outside a page");
  }
  let full: URL;
  try {
    full = new URL(url ?? "/", location?.origin);
  } catch {
    // What cannot be read may hold a password, so it is not repeated.
    throw invalid("`url` must be `http://host:port` or `https://host:port`");
  }
  const { protocol, username, password, search, hash } = full;
  if (protocol !== "http:" && protocol !== "https:") {
    throw invalid(`\`url\` must be \`http\` or \`https\`, got: \`${protocol.slice(0, -1)}\``);
  }
  if (username || password) throw invalid("`url` must have no user and password: use an API key");
  if (search || hash) throw invalid("`url` must have no query and no fragment");
  return full.href.replace(/\/+$/, "");
}

function headersOf({ headers = {}, apiKey }: WebRerankClientOptions): Headers {
  const all = new Headers();
  const named = Object.entries(headers);
  if (apiKey !== undefined) named.push(["authorization", `Bearer ${apiKey}`]);
  for (const [name, value] of named) {
    try {
      all.set(name, value);
    } catch {
      // The value may be a secret, so it is not repeated.
      throw invalid(`\`headers\` must hold what HTTP can carry, got: a bad \`${name}\``);
    }
  }
  return all;
}

function invalid(message: string): RerankClientError {
  return new RerankClientError("invalid_argument", message);
}
