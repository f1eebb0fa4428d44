import { validateHeaderName, validateHeaderValue } from "node:http";
import { createSecureContext } from "node:tls";
import { checkPositive } from "../call/check.ts";
import { RerankClientError } from "../call/client-error.ts";
import { defaultTimeoutMs } from "../call/client-transport.ts";
import { AddressError, type Addresses, parseAddresses } from "../call/server-address.ts";
import type { ClientTlsOptions, RerankClientOptions, TransportName } from "./client-options.ts";

/** The options of a client, checked, with their defaults. */
export interface ClientSettings {
  readonly addresses: Addresses;
  readonly transport: TransportName;
  readonly timeoutMs: number;
  readonly model: string;
  readonly tls: ClientTlsOptions;
  /** Headers of every call, in lower case, the API key among them. */
  readonly headers: Record<string, string>;
  readonly maxMessageBytes: number;
}

/** Twice what a server takes by default, because an answer may repeat every document. */
const defaultMaxMessageBytes = 64 * 1024 * 1024;

const transportNames: readonly TransportName[] = ["grpc", "connect", "grpc-js"];

/**
 * Returns checked settings. Throws a RerankClientError with `invalid_argument` that names the
 * option at fault.
 */
export function settingsOf(options: RerankClientOptions): ClientSettings {
  const { url, timeoutMs = defaultTimeoutMs, model = "", tls } = options;
  const { maxMessageBytes = defaultMaxMessageBytes } = options;
  const addresses = addressesOf(url);
  const several = addresses.length > 1;
  const { transport = several ? "grpc-js" : "grpc" } = options;
  if (!transportNames.includes(transport)) {
    const names = transportNames.map((name) => `\`${name}\``).join(", ");
    throw invalid(`\`transport\` must be one of ${names}, got: \`${transport}\``);
  }
  if (several && transport !== "grpc-js") {
    throw invalid(`\`url\` with several addresses needs \`grpc-js\`, got: \`${transport}\``);
  }
  if (transport === "grpc-js" && addresses.some(({ hasPath }) => hasPath)) {
    throw invalid("`url` must have no path for `grpc-js`");
  }
  if (tls && !addresses.every(({ secure }) => secure)) {
    throw invalid("`tls` needs an `https` address in `url`, got: `http`");
  }
  if (tls) checkTls(tls);
  checkPositive("timeoutMs", timeoutMs);
  checkPositive("maxMessageBytes", maxMessageBytes);
  const headers = headersOf(options);
  return { addresses, transport, timeoutMs, model, tls: tls ?? {}, headers, maxMessageBytes };
}

function addressesOf(url: RerankClientOptions["url"]): Addresses {
  try {
    return parseAddresses(url);
  } catch (error) {
    throw error instanceof AddressError ? invalid(`\`url\` ${error.message}`) : error;
  }
}

function checkTls({ ca, cert, key }: ClientTlsOptions): void {
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid("`tls.cert` and `tls.key` must be given together");
  }
  const pem = (text: string | Uint8Array | undefined): Buffer | undefined =>
    text === undefined ? undefined : Buffer.from(text);
  try {
    createSecureContext({ ca: pem(ca), cert: pem(cert), key: pem(key) });
  } catch (cause) {
    const message = "`tls` must hold PEM texts, and a `key` that fits its `cert`";
    throw new RerankClientError("invalid_argument", message, { cause });
  }
}

function headersOf({ headers = {}, apiKey }: RerankClientOptions): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
  if (apiKey !== undefined) all.authorization = `Bearer ${apiKey}`;
  for (const [name, value] of Object.entries(all)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
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
