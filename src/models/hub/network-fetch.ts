import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import { StartupError } from "../../errors.ts";
import type { Fetch } from "./hub-fetch.ts";

/** The proxies and certificate authorities of requests to the hub. */
export interface NetworkOptions {
  /** The proxy for http addresses, and for https ones where `httpsProxy` is absent. */
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  /** Hosts that are reached without a proxy, in the form of `NO_PROXY`. */
  readonly noProxy?: string;
  /** A PEM file of certificate authorities to trust beside the usual ones, and who named it. */
  readonly caFile?: { readonly path: string; readonly variable: string };
}

/** Environment variables by name. */
type Environment = Readonly<Record<string, string | undefined>>;

const caVariables = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"] as const;

/**
 * Reads the variables that curl and Python read: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`,
 * `NO_PROXY`, each in either case and the lower one first, and `REQUESTS_CA_BUNDLE`,
 * `CURL_CA_BUNDLE`, `SSL_CERT_FILE`.
 */
export function readNetworkOptions(env: Environment): NetworkOptions {
  const of = (name: string): string | undefined =>
    env[name.toLowerCase()] || env[name.toUpperCase()] || undefined;
  const httpProxy = of("http_proxy") ?? of("all_proxy");
  const httpsProxy = of("https_proxy") ?? of("all_proxy");
  const noProxy = of("no_proxy");
  const variable = caVariables.find((name) => env[name]);
  const path = variable && env[variable];
  return {
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
    ...(noProxy && { noProxy }),
    ...(variable && path && { caFile: { path, variable } }),
  };
}

/**
 * Returns a `fetch` that goes through the proxies and trusts the authorities of the options: the
 * platform's where there are none. Rejects with a StartupError that names the variable at fault.
 */
export async function createNetworkFetch(options: NetworkOptions): Promise<Fetch> {
  const { httpProxy, httpsProxy, noProxy = "", caFile } = options;
  if (httpProxy === undefined && httpsProxy === undefined && caFile === undefined) {
    return globalThis.fetch;
  }
  // Loaded here, because most machines have no use for it.
  const { Agent, EnvHttpProxyAgent, fetch } = await import("undici");
  const ca = caFile && { ca: [...rootCertificates, await readAuthorities(caFile)] };
  const tls = ca && { connect: ca, requestTls: ca, proxyTls: ca };
  const dispatcher =
    httpProxy === undefined && httpsProxy === undefined
      ? new Agent({ ...tls })
      : new EnvHttpProxyAgent({
          ...tls,
          httpProxy: proxyAddress("HTTP_PROXY", httpProxy),
          httpsProxy: proxyAddress("HTTPS_PROXY", httpsProxy),
          noProxy,
          // As curl and Python do: an http address is asked of the proxy, an https one through it.
          proxyTunnel: false,
        });
  const throughNetwork: unknown = (input: string | URL, init?: object) =>
    fetch(input, { ...init, dispatcher });
  return throughNetwork as Fetch;
}

function proxyAddress(name: string, proxy: string | undefined): string {
  if (proxy === undefined) return "";
  const address = proxy.includes("://") ? proxy : `http://${proxy}`;
  if (URL.canParse(address) && /^https?:/.test(address)) return address;
  throw new StartupError(`${name} must be an http or https address`, {
    hint: "proxies of other kinds, as socks5, are not supported; set NO_PROXY for hosts that need none",
  });
}

async function readAuthorities({
  path,
  variable,
}: NonNullable<NetworkOptions["caFile"]>): Promise<string> {
  const pem = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new StartupError(`${variable} names a file that cannot be read: ${path}`, {
      hint: `set ${variable} to a PEM file of certificates, or unset it`,
      cause,
    });
  });
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return pem;
  throw new StartupError(`${variable} must name a PEM file of certificates, got: ${path}`, {
    hint: `set ${variable} to a file with a line -----BEGIN CERTIFICATE-----`,
  });
}
