import type { IncomingMessage } from "node:http";

/** How the absolute form of a target begins, and the authority that it names. */
const absolutePattern = /^https?:\/\/([^/?#]*)/i;

/** What may stand in `host`: a name or an address, and a port (RFC 3986, section 3.2). */
const hostPattern = /^[\w.~!$&'()*+,;=%:[\]-]*$/;

/**
 * Rewrites the absolute form of an HTTP/1.1 target (`http://host/path`), which servers must accept,
 * to its path; the host in it stands for the `host` header (RFC 9112, section 3.2.2).
 */
export function toOriginForm(request: IncomingMessage): void {
  const { url = "" } = request;
  const [prefix, authority] = absolutePattern.exec(url) ?? [];
  if (prefix === undefined) return;
  const rest = url.slice(prefix.length);
  request.url = rest.startsWith("/") ? rest : `/${rest}`;
  request.headers.host = authority;
}

/**
 * Returns what is wrong with the `host` of an HTTP/1.1 request, or undefined if nothing is: more
 * than one, or none that can be a host, must be a 400 (RFC 9112, section 3.2).
 */
export function hostProblemOf({ rawHeaders, headers }: IncomingMessage): string | undefined {
  const lines = rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === "host");
  if (lines.length > 1) return `\`host\` must be sent once, got: ${lines.length} times`;
  return hostPattern.test(headers.host ?? "") ? undefined : "`host` must name a host";
}
