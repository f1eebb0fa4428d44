import type { RerankStreamRequest } from "../../../../gen/tei/v1/tei_pb.ts";
import { RerankError } from "../../../errors.ts";
import { unlessAborted } from "../../../linked-signal.ts";
import type { TeiOptions } from "./tei-message.ts";

/** The texts of a whole stream, and the options of its first message. */
export interface TeiStream {
  readonly query: string;
  readonly texts: readonly string[];
  readonly options: TeiOptions;
}

/** Limits of one stream. */
export interface TeiStreamLimits {
  readonly maxTexts: number;
  /** Most bytes of all texts together, in UTF-8. */
  readonly maxBytes: number;
}

/** The fields that must be the same in every message, with their names on the wire. */
const sharedFields = [
  ["query", "query"],
  ["truncate", "truncate"],
  ["truncationDirection", "truncation_direction"],
] as const;

/**
 * Reads a stream to its end; undefined if it holds no message. Rejects with a RerankError as soon
 * as it is over a limit, or a message does not belong to the first; with `signal.reason` if the
 * signal aborts first.
 */
export async function collectTeiStream(
  requests: AsyncIterable<RerankStreamRequest>,
  limits: TeiStreamLimits,
  signal: AbortSignal,
): Promise<TeiStream | undefined> {
  const source = requests[Symbol.asyncIterator]();
  const texts: string[] = [];
  let first: RerankStreamRequest | undefined;
  let bytes = 0;
  while (true) {
    const next = await unlessAborted(source.next(), signal);
    if (next.done) break;
    first ??= next.value;
    checkShared(first, next.value);
    texts.push(next.value.text);
    bytes += Buffer.byteLength(next.value.text);
    checkLimits(texts.length, bytes, limits);
  }
  return first && { query: first.query, texts, options: first };
}

function checkShared(first: RerankStreamRequest, message: RerankStreamRequest): void {
  for (const [key, field] of sharedFields) {
    if (message[key] === first[key]) continue;
    const text = `\`${field}\` must be the same in every message of the stream`;
    throw new RerankError("invalid_argument", text, { field });
  }
}

function checkLimits(texts: number, bytes: number, { maxTexts, maxBytes }: TeiStreamLimits): void {
  if (texts > maxTexts) {
    const message = `the stream must hold at most ${maxTexts} texts`;
    throw new RerankError("invalid_argument", message, { field: "text", limit: maxTexts });
  }
  if (bytes > maxBytes) {
    const message = `the texts of the stream must be at most ${maxBytes} bytes together`;
    throw new RerankError("resource_exhausted", message, { field: "text", limit: maxBytes });
  }
}
