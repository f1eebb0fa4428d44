import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A span as it came over the wire. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** "" for a root. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** 1 internal, 2 server. */
  readonly kind: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A collector on loopback that keeps what it is sent. */
export interface OtlpCollector {
  /** Its address, without a path. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** Path and headers of each request. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Resolves with the first span, past or to come, that passes. */
  find(passes: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan>;
}

/** Starts a collector; it is closed with the test. With `silent` it never answers. */
export async function startCollector(
  context: TestContext,
  options: { readonly silent?: boolean } = {},
): Promise<OtlpCollector> {
  const spans: ReceivedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, response) => {
    requests.push({ path: request.url ?? "", headers: request.headers });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (options.silent) return;
    spans.push(...decodeRequest(Buffer.concat(chunks)));
    for (const look of [...waiting]) look();
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  }).listen(0, "127.0.0.1");
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    find: (passes) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = spans.find(passes);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Fields of a message by number; bytes where the wire has a length, else numbers. */
type Fields = ReadonlyMap<number, readonly unknown[]>;

function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, unknown[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value = readValue(reader, type);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

function readValue(reader: BinaryReader, type: WireType): unknown {
  if (type === WireType.LengthDelimited) return reader.bytes();
  if (type === WireType.Bit64) return BigInt(reader.fixed64());
  if (type === WireType.Bit32) return reader.fixed32();
  return Number(reader.int64());
}

function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map((bytes) => fieldsOf(bytes as Uint8Array));
}

function textOf(fields: Fields, number: number): string {
  return Buffer.from((fields.get(number)?.[0] as Uint8Array) ?? []).toString();
}

function hexOf(fields: Fields, number: number): string {
  return Buffer.from((fields.get(number)?.[0] as Uint8Array) ?? []).toString("hex");
}

/** Reads an ExportTraceServiceRequest (opentelemetry/proto/collector/trace/v1). */
function decodeRequest(bytes: Uint8Array): ReceivedSpan[] {
  return messages(fieldsOf(bytes), 1).flatMap((resourceSpans) => {
    const resource = attributesOf(messages(resourceSpans, 1).flatMap((each) => messages(each, 1)));
    const scopes = messages(resourceSpans, 2);
    return scopes.flatMap((scope) => messages(scope, 2).map((span) => spanOf(span, resource)));
  });
}

function spanOf(span: Fields, resource: ReceivedSpan["resource"]): ReceivedSpan {
  const [status] = messages(span, 15);
  return {
    traceId: hexOf(span, 1),
    spanId: hexOf(span, 2),
    traceState: textOf(span, 3),
    parentSpanId: hexOf(span, 4),
    name: textOf(span, 5),
    kind: Number(span.get(6)?.[0] ?? 0),
    startNanos: BigInt((span.get(7)?.[0] as bigint) ?? 0),
    endNanos: BigInt((span.get(8)?.[0] as bigint) ?? 0),
    attributes: attributesOf(messages(span, 9)),
    statusCode: Number(status?.get(3)?.[0] ?? 0),
    resource,
  };
}

function attributesOf(pairs: readonly Fields[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [value] = messages(pair, 2);
      const isText = value?.has(1);
      return [
        textOf(pair, 1),
        isText ? textOf(value as Fields, 1) : value?.values().next().value?.[0],
      ];
    }),
  );
}
