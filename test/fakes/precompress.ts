import { brotliCompressSync, gzipSync } from "node:zlib";
import type { PrecompressedText } from "../../src/server/http/content-coding.ts";
import type { Pages } from "../../src/server/http/route.ts";

/** Returns a text with its compressed forms, as the build makes those of the page. */
export function precompress(text: string): PrecompressedText {
  return { text, br: brotliCompressSync(text), gzip: gzipSync(text) };
}

/** Returns pages whose first is the given one, in HTML. */
export function fakePages(main: string): Pages {
  return {
    main: precompress(main),
    docs: precompress("<style>p { color: red }</style><p>the HTTP API</p>"),
    grpcDocs: precompress("<style>p { color: red }</style><p>the gRPC contract</p>"),
  };
}
