import { createHash } from "node:crypto";
import { type ContentCoding, chooseCoding, type PrecompressedText } from "../content-coding.ts";
import { objectError } from "../error-shapes.ts";
import type { Route } from "../route.ts";

/** The one script and the one stylesheet of the page, which stand in it. */
const inlinePattern = /<(script|style)[^>]*>([\s\S]*?)<\/\1>/g;

/** The strings that `If-None-Match` lists, with or without the mark of a weak comparison. */
const entityTagPattern = /"[^"]*"/g;

/**
 * Returns the route `GET /`: a page for people, whole in one HTML text, compressed as the browser
 * takes it. Everybody may load it, since it holds nothing of the server; what it asks for needs a key
 * as any other call does. A browser keeps it and asks each time whether it is still the same, which
 * is answered with 304.
 */
export function pageRoute(page: PrecompressedText): Route {
  const common = {
    "content-security-policy": policyOf(page.text),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
    vary: "Accept-Encoding",
  };
  const forms: Readonly<Record<ContentCoding, Form>> = {
    br: formOf(page.br),
    gzip: formOf(page.gzip),
    identity: formOf(Buffer.from(page.text)),
  };
  return {
    method: "GET",
    path: "/",
    probe: false,
    access: "open",
    errorShape: objectError,
    async handle({ request }) {
      const coding = chooseCoding(request.headers["accept-encoding"]);
      const { bytes, etag } = forms[coding];
      const headers = { ...common, etag };
      if (isKnown(etag, request.headers["if-none-match"])) return { status: 304, headers };
      return {
        status: 200,
        text: bytes,
        contentType: "text/html; charset=utf-8",
        headers: coding === "identity" ? headers : { ...headers, "content-encoding": coding },
      };
    },
  };
}

/** The page in one content coding. */
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

/**
 * Returns the Content-Security-Policy under which the page runs its own script and style, known by
 * their hashes, calls this server and nothing else, and stands in no frame.
 */
function policyOf(html: string): string {
  const hashes = { script: [] as string[], style: [] as string[] };
  for (const [, tag, content = ""] of html.matchAll(inlinePattern)) {
    const hash = createHash("sha256").update(content).digest("base64");
    hashes[tag as keyof typeof hashes].push(`'sha256-${hash}'`);
  }
  return [
    "default-src 'none'",
    `script-src ${hashes.script.join(" ")}`,
    `style-src ${hashes.style.join(" ")}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
