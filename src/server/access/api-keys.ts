import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** The API keys that a server takes. It keeps their hashes alone. */
export interface KeyRing {
  /** Whether one of the texts is a key. The time that this takes reveals nothing about the keys. */
  holdsAny(texts: readonly string[]): boolean;
  /** Takes these keys from now on, and no others. */
  replace(keys: readonly string[]): void;
}

/** Returns a ring with these keys. Without keys it accepts no caller. */
export function createKeyRing(keys: readonly string[]): KeyRing {
  let digests = keys.map(digestOf);
  return {
    holdsAny(texts) {
      let found = false;
      for (const text of texts) {
        const digest = digestOf(text);
        // No early exit: the place of a key in the ring would show in the time.
        for (const known of digests) found = timingSafeEqual(known, digest) || found;
      }
      return found;
    },
    replace(next) {
      digests = next.map(digestOf);
    },
  };
}

/** Hashes have one length, which `timingSafeEqual` asks for. */
function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

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
