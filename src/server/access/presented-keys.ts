import type { IncomingHttpHeaders } from "node:http";

/** `Bearer KEY`; the scheme has no case (RFC 9110, section 11.1). */
const bearerPattern = /^bearer +(\S+)$/i;

/**
 * Returns the API keys that a request shows: that of `authorization: Bearer KEY`, and that of
 * `x-api-key: KEY`. gRPC metadata are the same headers.
 */
export function presentedKeys(headers: IncomingHttpHeaders): readonly string[] {
  const bearer = bearerPattern.exec(headers.authorization?.trim() ?? "")?.[1];
  const apiKey = headers["x-api-key"];
  return [
    ...(bearer === undefined ? [] : [bearer]),
    ...(typeof apiKey === "string" && apiKey !== "" ? [apiKey.trim()] : []),
  ];
}
