/**
 * The error for a text that is not the address of a server. Its message has neither a name for the
 * text nor the text itself.
 */
export class AddressError extends Error {
  override readonly name = "AddressError";
}

/** The parsed address of one server. */
export interface Address {
  /** Scheme, host, port and path, without a slash at the end. */
  readonly baseUrl: string;
  /** Whether it speaks TLS. */
  readonly secure: boolean;
  /** `host:port`; an IPv6 host has brackets. */
  readonly hostPort: string;
  /** Whether requests go below a path. */
  readonly hasPath: boolean;
  /** The Unix socket to connect to, in place of host and port. */
  readonly socketPath?: string | undefined;
}

/** The parsed addresses of one server or more. */
export type Addresses = readonly [Address, ...Address[]];

/** Begins the address of a Unix socket, `unix:/run/rerankd.sock`. */
const unixScheme = "unix:";

/** The address on which a server listens by default. */
const defaultUrl = "http://localhost:7998";

/**
 * Returns the addresses of a URL, of a text with several between commas, or of a list. `host:port`
 * stands for `http://host:port`. `unix:/path` is a Unix socket, and then the only address. The one
 * reader of server addresses: of the client library, of `--url` and of `RERANKER_URL`. Throws an
 * AddressError if there is none, one cannot be read, or only some are `https`.
 */
export function parseAddresses(url: string | readonly string[] = defaultUrl): Addresses {
  const texts = (typeof url === "string" ? url.split(",") : url)
    .map((text) => text.trim())
    .filter((text) => text !== "");
  const [first, ...others] = texts.map(parseAddress);
  if (!first) throw new AddressError("must name at least one address, got: none");
  if (others.length > 0 && [first, ...others].some(({ socketPath }) => socketPath !== undefined)) {
    throw new AddressError("must have one address if that is a Unix socket");
  }
  if (others.some(({ secure }) => secure !== first.secure)) {
    throw new AddressError("must have one scheme, got: both `http` and `https`");
  }
  return [first, ...others];
}

function parseAddress(text: string): Address {
  if (text.startsWith(unixScheme)) return unixAddressOf(text);
  if (text.startsWith("/")) {
    throw new AddressError("must be `http://host:port`; a Unix socket is `unix:` and its path");
  }
  const full = text.includes("://") ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  // What cannot be read may hold a password, so it is not repeated.
  if (!url) throw new AddressError("must be `http://host:port` or `https://host:port`");
  const { protocol, hostname, pathname, username, password, search, hash } = url;
  if (protocol !== "http:" && protocol !== "https:") {
    throw new AddressError(`must be \`http\` or \`https\`, got: \`${protocol.slice(0, -1)}\``);
  }
  if (username || password)
    throw new AddressError("must have no user and password: use an API key");
  if (search || hash) throw new AddressError("must have no query and no fragment");
  const secure = protocol === "https:";
  const port = url.port || (secure ? "443" : "80");
  const path = pathname.replace(/\/+$/, "");
  return {
    baseUrl: url.origin + path,
    secure,
    hostPort: `${hostname}:${port}`,
    hasPath: path !== "",
  };
}

function unixAddressOf(text: string): Address {
  const socketPath = text.slice(unixScheme.length);
  if (!socketPath.startsWith("/")) {
    throw new AddressError("of a Unix socket must be `unix:` and an absolute path");
  }
  const hostPort = "localhost:80";
  return { baseUrl: "http://localhost", secure: false, hostPort, hasPath: false, socketPath };
}
