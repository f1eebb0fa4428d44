import { createHash } from "node:crypto";
import type { PrecompressedText } from "../content-coding.ts";
import { objectError } from "../error-shapes.ts";
import { pageDoc } from "../openapi/operation.ts";
import type { Pages, Route } from "../route.ts";
import { staticAnswer } from "./static-answer.ts";

/** Matches the inline script and the inline stylesheet of a page. */
const inlinePattern = /<(script|style)[^>]*>([\s\S]*?)<\/\1>/g;

/** The description of each page in the OpenAPI document, by its path. */
const pageDocs = {
  "/": pageDoc("getPage", "A page to try the server on", "For people."),
  "/docs": pageDoc("getDocs", "This reference, to read", "For people: what `/openapi.json` says."),
  "/docs/grpc": pageDoc(
    "getGrpcDocs",
    "The gRPC contract, to read",
    "For people: the comments of the .proto file.",
  ),
} as const;

/**
 * Returns the routes of the pages for people, each whole in one HTML text. Everybody may load them,
 * since they hold nothing of the server; what the page at `/` asks for needs a key as any other call
 * does.
 */
export function pageRoutes({ main, docs, grpcDocs }: Pages): readonly Route[] {
  return [pageRoute("/", main), pageRoute("/docs", docs), pageRoute("/docs/grpc", grpcDocs)];
}

function pageRoute(path: keyof typeof pageDocs, page: PrecompressedText): Route {
  return {
    method: "GET",
    path,
    probe: false,
    access: "open",
    errorShape: objectError,
    doc: pageDocs[path],
    handle: staticAnswer(page, {
      contentType: "text/html; charset=utf-8",
      headers: {
        "content-security-policy": policyOf(page.text),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      },
    }),
  };
}

/**
 * Returns the Content-Security-Policy under which a page runs its own script and style, known by
 * their hashes, or none, calls this server and nothing else, and cannot be framed.
 */
function policyOf(html: string): string {
  const hashes: Record<string, string[]> = {};
  for (const [, tag = "", content = ""] of html.matchAll(inlinePattern)) {
    const hash = createHash("sha256").update(content).digest("base64");
    hashes[tag] = [...(hashes[tag] ?? []), `'sha256-${hash}'`];
  }
  const sourcesOf = (tag: string): string => hashes[tag]?.join(" ") ?? "'none'";
  return [
    "default-src 'none'",
    `script-src ${sourcesOf("script")}`,
    `style-src ${sourcesOf("style")}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
