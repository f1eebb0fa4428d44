import type { Readable, Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { shorten } from "../../characters.ts";
import type { HealthReport } from "../../engine/health-state.ts";
import { RerankError } from "../../errors.ts";
import type { RerankCall, RerankRequest, RerankResult } from "../../reranker/rerank-request.ts";
import type { ServerRequest } from "../call/call.ts";
import { parseMediaType } from "../call/media-type.ts";
import { countCharacters, timingHeaders } from "../call/timing-headers.ts";
import { HttpError } from "./http-error.ts";
import { decodeJson, invalidField, type JsonFields, readObject } from "./json-fields.ts";
import type { Route, RouteContext, RouteOptions } from "./route.ts";
import type { JsonAnswer } from "./send-json.ts";

/** What a dialect can use to answer a JSON body: the options, and functions that rank. */
export interface JsonRouteContext extends RouteContext {
  readonly options: RouteOptions;
  /** Ranks under the caller's deadline; rejects with a RerankError. */
  rank(request: RerankRequest): Promise<RerankResult>;
  /** Ranks several as one: see Reranker. */
  rankTogether(requests: readonly RerankRequest[]): Promise<RerankResult[]>;
}

/** Turns a decoded body into an answer, or throws a RerankError or an HttpError. */
export type Dialect = (fields: JsonFields, context: JsonRouteContext) => Promise<JsonAnswer>;

/** Returns the handler of a route with a JSON body: reads it, and lets the dialect answer. */
export function jsonRoute(options: RouteOptions, dialect: Dialect): Route["handle"] {
  const { limits } = options;
  const { reranker } = options.models;

  return async (context) => {
    const startedMs = performance.now();
    const { request, call } = context;
    checkJsonContentType(request.headers["content-type"]);
    const { maxBodyBytes, maxRequestTimeoutMs } = limits;
    const timeoutMs = parseDeadlineHeader(request.headers[deadlineHeader], maxRequestTimeoutMs);
    const endLate = (): void => {
      const limit = timeoutMs === undefined ? {} : { limit: timeoutMs };
      const message = "the deadline passed before the request was done";
      call.abort(
        new RerankError("deadline_exceeded", message, { field: deadlineHeader, ...limit }),
      );
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(endLate, timeoutMs);
    const begin = (wanted: readonly RerankRequest[]): RerankCall => {
      call.documents = wanted.reduce((sum, { documents }) => sum + documents.length, 0);
      const leftMs = timeoutMs && timeoutMs - (performance.now() - startedMs);
      const observer = call.observeRanking?.();
      return { signal: call.signal, timeoutMs: leftMs, observer };
    };
    const rank: JsonRouteContext["rank"] = (wanted) => reranker.rerank(wanted, begin([wanted]));
    const rankTogether: JsonRouteContext["rankTogether"] = (wanted) =>
      reranker.rerankTogether(wanted, begin(wanted));
    try {
      const bytes = await readBody(request, maxBodyBytes, call.signal);
      const fields = readObject("body", decodeJson(bytes));
      // The dialect changes the shape of errors on the context that the handler uses.
      return await dialect(fields, Object.assign(context, { options, rank, rankTogether }));
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Returns the headers of the answer to one ranking. */
export function rankingHeaders(
  { query, documents }: RerankRequest,
  result: RerankResult,
  { options }: JsonRouteContext,
): Record<string, string> {
  const characters = countCharacters(query, documents);
  return timingHeaders({ ...result, device: reportOf(result, options).device, characters });
}

/** Returns the health of the model that ranked. */
export function reportOf({ model }: RerankResult, { models }: RouteOptions): HealthReport {
  return (models.find(model) ?? models.all[0]).health.report;
}

/** The content codings that a request may have beside `identity`. */
const decompressors: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  // Its old name, which means the same (RFC 9110, section 8.4.1.3).
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads and decompresses the body of a request. Rejects with an HttpError: 413 if it is larger than
 * `maxBytes`, before or after decompression (before reading, where `content-length` says so), 415 for
 * an unknown `content-encoding`, 400 if it cannot be decompressed. Rejects with `signal.reason` if
 * the signal aborts first. What is left unread stays in the request.
 */
async function readBody(
  request: ServerRequest,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const declaredBytes = Number(request.headers["content-length"] ?? 0);
  if (declaredBytes > maxBytes) throw tooLarge(maxBytes);
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity") return collect(request, maxBytes, signal);
  const decompressor = Object.hasOwn(decompressors, encoding) ? decompressors[encoding] : undefined;
  if (decompressor === undefined) {
    throw new HttpError(
      415,
      "invalid_argument",
      `\`content-encoding\` must be one of \`gzip\`, \`deflate\`, \`br\`, \`identity\`, got: \`${shorten(encoding, maxEchoChars)}\``,
      { headers: { "accept-encoding": "gzip, deflate, br" } },
    );
  }
  const compressed = await collect(request, maxBytes, signal);
  const stream = decompressor();
  stream.end(compressed);
  try {
    return await collect(stream, maxBytes, signal);
  } finally {
    stream.destroy();
  }
}

/** Reads a stream to its end, up to `maxBytes`: see readBody. */
function collect(source: Readable, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) finish(() => reject(tooLarge(maxBytes)));
      else chunks.push(chunk);
    };
    const onEnd = (): void => finish(() => resolve(Buffer.concat(chunks, bytes)));
    const onAbort = (): void => finish(() => reject(signal.reason));
    const onError = (): void => {
      const message = "the body does not match its `content-encoding`";
      finish(() => reject(new HttpError(400, "invalid_argument", message)));
    };
    const finish = (settle: () => void): void => {
      source.off("data", onData).off("end", onEnd).off("error", onError);
      // A stream without an error listener throws, and a request can still fail while its rest is
      // thrown away.
      source.on("error", () => undefined);
      signal.removeEventListener("abort", onAbort);
      settle();
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);
    source.on("data", onData).on("end", onEnd).on("error", onError);
  });
}

function tooLarge(maxBytes: number): HttpError {
  const message = `the body must be at most ${maxBytes} bytes`;
  return new HttpError(413, "resource_exhausted", message, { limit: maxBytes });
}

/** The request header that sets a deadline on the plain JSON routes. */
export const deadlineHeader = "x-request-timeout-ms";

/**
 * Returns the time that a request may take, in milliseconds, at most `maxMs`; undefined without the
 * header. Throws a RerankError `invalid_argument` unless it is a whole number of 1 or more.
 */
export function parseDeadlineHeader(
  header: string | readonly string[] | undefined,
  maxMs: number,
): number | undefined {
  if (header === undefined) return undefined;
  const timeoutMs = typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : 0;
  if (timeoutMs >= 1) return Math.min(timeoutMs, maxMs);
  const problem = "must be a whole number of milliseconds, 1 or more";
  throw invalidField(deadlineHeader, problem, String(header));
}

/** `application/json` and every type that says it is JSON. */
const jsonType = /^application\/(?:json|[\w.+-]+\+json)$/;

/** Longest part of a header that an error message repeats. */
export const maxEchoChars = 100;

/**
 * Throws an HttpError with status 415 unless the content type is JSON in UTF-8. None at all passes:
 * many small clients send none.
 */
export function checkJsonContentType(header: string | undefined): void {
  if (header === undefined || header === "" || header === "application/json") return;
  const { type, isUtf8 } = parseMediaType(header);
  if (jsonType.test(type) && isUtf8) return;
  const got = shorten(header, maxEchoChars);
  throw new HttpError(
    415,
    "invalid_argument",
    `\`content-type\` must be \`application/json\` in UTF-8, got: \`${got}\``,
    { headers: { "accept-post": "application/json" } },
  );
}
