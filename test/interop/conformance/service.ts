import { setTimeout as delay } from "node:timers/promises";
import {
  create,
  createRegistry,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  BidiStreamRequestSchema,
  ClientStreamRequestSchema,
  type ConformancePayload_RequestInfo,
  ConformancePayload_RequestInfoSchema,
  type ConformancePayloadSchema,
  type ConformanceService,
  type Error as ErrorMessage,
  file_connectrpc_conformance_v1_service,
  type Header,
  HeaderSchema,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  UnaryRequestSchema,
  type UnaryResponseDefinition,
} from "../gen/connectrpc/conformance/v1/service_pb.ts";

type Payload = MessageInitShape<typeof ConformancePayloadSchema>;

/** The types that stand in the `Any`s of errors and payloads. */
export const registry = createRegistry(file_connectrpc_conformance_v1_service);

/** The service that the suite calls: every request says how it is to be answered. */
export const conformanceService: ServiceImpl<typeof ConformanceService> = {
  unary: async (request, context) =>
    answer(request.responseDefinition, context, UnaryRequestSchema, [request]),
  idempotentUnary: async (request, context) =>
    answer(request.responseDefinition, context, IdempotentUnaryRequestSchema, [request]),
  unimplemented() {
    throw new ConnectError("not implemented", Code.Unimplemented);
  },
  async clientStream(requests, context) {
    const received = [];
    for await (const request of requests) received.push(request);
    return answer(received[0]?.responseDefinition, context, ClientStreamRequestSchema, received);
  },
  async *serverStream(request, context) {
    const { responseDefinition: definition } = request;
    if (definition === undefined) return;
    addHeaders(definition.responseHeaders, context.responseHeader);
    addHeaders(definition.responseTrailers, context.responseTrailer);
    let info: ConformancePayload_RequestInfo | undefined = infoOf(
      context,
      ServerStreamRequestSchema,
      [request],
    );
    for (const data of definition.responseData) {
      await delay(definition.responseDelayMs);
      yield { payload: payloadOf(data, info) };
      info = undefined;
    }
    if (definition.error) throw errorOf(definition.error, info);
  },
  async *bidiStream(requests, context) {
    const schema = BidiStreamRequestSchema;
    let received: MessageShape<typeof schema>[] = [];
    let definition: (typeof received)[number]["responseDefinition"];
    let sent = 0;
    let isFirst = true;
    const infoOfReceived = () =>
      sent === 0
        ? infoOf(context, schema, received)
        : create(ConformancePayload_RequestInfoSchema, {
            requests: received.map((request) => anyPack(schema, request)),
          });
    let isFullDuplex = false;
    for await (const request of requests) {
      received.push(request);
      if (isFirst) {
        isFirst = false;
        isFullDuplex = request.fullDuplex;
        definition = request.responseDefinition;
        addHeaders(definition?.responseHeaders ?? [], context.responseHeader);
        addHeaders(definition?.responseTrailers ?? [], context.responseTrailer);
      }
      if (!isFullDuplex) continue;
      const data = definition?.responseData[sent];
      if (data === undefined) break;
      await delay(definition?.responseDelayMs);
      yield { payload: payloadOf(data, infoOfReceived()) };
      sent += 1;
      received = [];
    }
    if (definition === undefined) return;
    for (const data of definition.responseData.slice(sent)) {
      await delay(definition.responseDelayMs);
      yield { payload: payloadOf(data, sent === 0 ? infoOfReceived() : undefined) };
      sent += 1;
    }
    if (definition.error)
      throw errorOf(definition.error, sent === 0 ? infoOfReceived() : undefined);
  },
};

async function answer<Schema extends DescMessage>(
  definition: UnaryResponseDefinition | undefined,
  context: HandlerContext,
  schema: Schema,
  requests: readonly MessageShape<Schema>[],
): Promise<{ payload: Payload }> {
  const info = infoOf(context, schema, requests);
  if (definition === undefined) return { payload: { requestInfo: info } };
  addHeaders(definition.responseHeaders, context.responseHeader);
  addHeaders(definition.responseTrailers, context.responseTrailer);
  await delay(definition.responseDelayMs);
  const { response } = definition;
  if (response.case === "error") throw errorOf(response.value, info);
  return {
    payload: payloadOf(response.case === "responseData" ? response.value : new Uint8Array(), info),
  };
}

function payloadOf(
  data: Uint8Array,
  requestInfo: ConformancePayload_RequestInfo | undefined,
): Payload {
  return { data, ...(requestInfo && { requestInfo }) };
}

/** What the server saw of a call. */
function infoOf<Schema extends DescMessage>(
  context: HandlerContext,
  schema: Schema,
  requests: readonly MessageShape<Schema>[],
): ConformancePayload_RequestInfo {
  const timeoutMs = context.timeoutMs();
  const isGet = context.requestMethod === "GET";
  return create(ConformancePayload_RequestInfoSchema, {
    requestHeaders: headersOf(context.requestHeader),
    ...(timeoutMs !== undefined && { timeoutMs: BigInt(Math.trunc(timeoutMs)) }),
    requests: requests.map((request) => anyPack(schema, request)),
    ...(isGet && {
      connectGetInfo: { queryParams: headersOf(new URL(context.url).searchParams) },
    }),
  });
}

function errorOf(
  { code, message, details }: ErrorMessage,
  info: ConformancePayload_RequestInfo | undefined,
): ConnectError {
  const error = new ConnectError(message ?? "", code as number as Code);
  const all = info ? [...details, anyPack(ConformancePayload_RequestInfoSchema, info)] : details;
  for (const { typeUrl, value } of all) {
    error.details.push({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value });
  }
  return error;
}

/** Returns name and values of each header. */
export function headersOf(entries: Iterable<[string, string]>): Header[] {
  const values = new Map<string, string[]>();
  for (const [name, value] of entries) values.set(name, [...(values.get(name) ?? []), value]);
  return [...values].map(([name, value]) => create(HeaderSchema, { name, value }));
}

/** Adds every value of the headers. */
function addHeaders(headers: readonly Header[], target: Headers): void {
  for (const { name, value } of headers) for (const one of value) target.append(name, one);
}
