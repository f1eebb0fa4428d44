import { createHash } from "node:crypto";
import { type ContentCoding, chooseCoding, type PrecompressedText } from "../content-coding.ts";
import type { Route } from "../route.ts";

/** Matches the entity tags of `If-None-Match`, with or without the mark of a weak comparison. */
const entityTagPattern = /"[^"]*"/g;

/** What a static answer has beside its text. */
export interface StaticAnswerOptions {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Returns a handler that answers the same text each time, compressed as the client takes it. A client
 * keeps it and asks each time whether it is still the same, which is answered with 304.
 */
export function staticAnswer(
  text: PrecompressedText,
  { contentType, headers: given }: StaticAnswerOptions,
): Route["handle"] {
  const common = { ...given, "cache-control": "no-cache", vary: "Accept-Encoding" };
  const forms: Readonly<Record<ContentCoding, Form>> = {
    br: formOf(text.br),
    gzip: formOf(text.gzip),
    identity: formOf(Buffer.from(text.text)),
  };
  return async ({ request }) => {
    const coding = chooseCoding(request.headers["accept-encoding"]);
    const { bytes, etag } = forms[coding];
    const headers = { ...common, etag };
    if (isKnown(etag, request.headers["if-none-match"])) return { status: 304, headers };
    return {
      status: 200,
      text: bytes,
      contentType,
      headers: coding === "identity" ? headers : { ...headers, "content-encoding": coding },
    };
  };
}

/** The text in one content coding. */
interface Form {
  readonly bytes: Uint8Array;
  /** Names these bytes and no others, so each coding has its own. */
  readonly etag: string;
}

function formOf(bytes: Uint8Array): Form {
  return { bytes, etag: `"${createHash("sha256").update(bytes).digest("base64url")}"` };
}

/** Whether a client that sent this `If-None-Match` has what the entity tag names. */
function isKnown(etag: string, header: string | undefined): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  return [...header.matchAll(entityTagPattern)].some(([known]) => known === etag);
}
