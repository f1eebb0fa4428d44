import type { Random } from "../../random.ts";
import { mutateBytes } from "./mutate.ts";
import type { WireRequest } from "./wire-request.ts";

/** Returns a request as HTTP/1.1 has it, its body with a length or in chunks. */
export function http1BytesOf(random: Random, request: WireRequest): Buffer {
  const { method, path, headers, body } = request;
  const chunked = random.once(8);
  const framing = chunked ? "transfer-encoding: chunked" : `content-length: ${body.length}`;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "host: localhost",
    ...headers.map(([name, value]) => `${name}: ${value}`),
    framing,
  ];
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return Buffer.concat([head, chunked ? chunksOf(random, body) : body]);
}

function chunksOf(random: Random, body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let start = 0; start < body.length; ) {
    const part = body.subarray(start, start + 1 + random.below(200));
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
    start += part.length;
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
}

/** Header lines that two servers in a row may read differently, or that are too much. */
const oddHeaders = [
  "content-length: 5",
  "content-length: 5, 5",
  "content-length: +5",
  "content-length: 0x5",
  "content-length: 99999999999999999999",
  "content-length: -1",
  "content-length : 5",
  " content-length: 5",
  "transfer-encoding: chunked",
  "transfer-encoding: chunked, identity",
  "transfer-encoding: xchunked",
  "transfer-encoding : chunked",
  "transfer-encoding:\tchunked",
  "expect: 100-continue",
  "expect: nonsense",
  "upgrade: h2c",
  "connection: upgrade, http2-settings",
  "http2-settings: AAMAAABkAARAAAAAAAIAAAAA",
  "connection: close",
  "connection: keep-alive, close",
  "host: other",
  "host: [",
  "host:",
  "trailer: x",
  "te: trailers",
  "x: \u0000",
  "x: \u00ff",
  ": x",
  "no colon",
  "\tx: folded",
] as const;

const requestLines = [
  "GET / HTTP/1.1",
  "GET /health HTTP/1.0",
  "GET /health HTTP/0.9",
  "GET /health HTTP/2.0",
  "GET /health",
  "get /health HTTP/1.1",
  "POST http://other/rerank HTTP/1.1",
  "POST //rerank HTTP/1.1",
  "CONNECT localhost:1 HTTP/1.1",
  "OPTIONS * HTTP/1.1",
  "TRACE / HTTP/1.1",
  "PRI * HTTP/2.0",
  "PRI * HTTP/1.1",
  "POST /rerank.v1.RerankService/Rerank HTTP/1.1",
  "GET /\u0000 HTTP/1.1",
  "GET  /health  HTTP/1.1",
  "QUERY /rerank HTTP/1.1",
] as const;

/** How many headers a flood has; Node takes about 16 KiB of them. */
const floodHeaders = 1_500;

/**
 * Returns bytes that are nearly HTTP/1.1, or not at all: a request with a wrong line, odd or very
 * many headers, two ways to tell its length, chunks that lie, a second request hidden behind it, an
 * end in the middle; or noise.
 */
export function brokenHttp1Of(random: Random, request: WireRequest): Buffer {
  if (random.once(20)) return random.bytes(1 + random.below(300));
  const bytes = http1BytesOf(random, request);
  const headEnd = bytes.indexOf("\r\n\r\n");
  const lines = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  let body: Buffer = bytes.subarray(headEnd + 4);
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    switch (random.below(9)) {
      case 0:
        lines[0] = random.pick(requestLines);
        break;
      case 1:
      case 2:
      case 3:
        lines.splice(1 + random.below(lines.length), 0, random.pick(oddHeaders));
        break;
      case 4:
        lines.pop();
        break;
      case 5:
        body = mutateBytes(random, body);
        break;
      case 6:
        body = Buffer.concat([body, Buffer.from(`${random.pick(hiddenRequests)}\r\n\r\n`)]);
        break;
      case 7:
        if (random.once(10)) {
          const flood = Array.from({ length: random.below(floodHeaders) }, (_, at) => `x-${at}: y`);
          lines.splice(1, 0, ...flood);
        } else body = Buffer.from(random.pick(oddChunks), "latin1");
        break;
      default:
        return bytes.subarray(0, random.below(bytes.length));
    }
  }
  const lineEnd = random.once(15) ? random.pick(["\n", "\r", "\r\r\n"]) : "\r\n";
  return Buffer.concat([Buffer.from(lines.join(lineEnd) + lineEnd + lineEnd, "latin1"), body]);
}

const hiddenRequests = [
  "GET /health HTTP/1.1\r\nhost: a",
  "0\r\n\r\nGET /info HTTP/1.1\r\nhost: a",
  "POST /rerank HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}",
] as const;

const oddChunks = [
  "5\r\nhello\r\n0\r\n\r\n",
  "5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n",
  "ffffffffffffffff\r\n",
  "-1\r\n\r\n",
  "5\nhello\n0\n\n",
  "5\r\nhel\r\n0\r\n\r\n",
  "G\r\n",
  `1;${"a".repeat(20_000)}\r\nx\r\n0\r\n\r\n`,
  "0\r\n",
] as const;
