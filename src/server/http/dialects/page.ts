import { createHash } from "node:crypto";
import { objectError } from "../error-shapes.ts";
import type { Route } from "../route.ts";

/** The one script and the one stylesheet of the page, which stand in it. */
const inlinePattern = /<(script|style)[^>]*>([\s\S]*?)<\/\1>/g;

/**
 * Returns the route `GET /`: a page for people, whole in one HTML text. Everybody may load it, since
 * it holds nothing of the server; what it asks for needs a key as any other call does.
 */
export function pageRoute(html: string): Route {
  const headers = {
    "content-security-policy": policyOf(html),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
  };
  const contentType = "text/html; charset=utf-8";
  return {
    method: "GET",
    path: "/",
    probe: false,
    access: "open",
    errorShape: objectError,
    handle: async () => ({ status: 200, text: html, contentType, headers }),
  };
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
