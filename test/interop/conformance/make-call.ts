import { setTimeout as delay } from "node:timers/promises";
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { type Any, AnySchema, anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import type { ServiceError } from "@grpc/grpc-js";
import { RerankClientError } from "../../../client/src/call/client-error.ts";
import type { ClientTransport } from "../../../client/src/call/client-transport.ts";
import { detailsOfStatus } from "../../../client/src/call/parse-retry-after.ts";
import type { TransportName } from "../../../client/src/node/client-options.ts";
import { settingsOf } from "../../../client/src/node/client-settings.ts";
import { createGrpcJsTransport } from "../../../client/src/node/grpc-js/transport.ts";
import { createHttp2Transport } from "../../../client/src/node/http2-transport.ts";
import {
  type ClientCompatRequest,
  type ClientResponseResult,
  ClientResponseResultSchema,
} from "../gen/connectrpc/conformance/v1/client_compat_pb.ts";
import { Code as CodeMessage, StreamType } from "../gen/connectrpc/conformance/v1/config_pb.ts";
import {
  type ConformancePayload,
  ConformancePayloadSchema,
  ConformanceService,
  type ErrorSchema,
} from "../gen/connectrpc/conformance/v1/service_pb.ts";
import { CapturedAnswer } from "./captured-answer.ts";
import { registry } from "./service.ts";

/** Shorter than the suite waits. */
const longestCallMs = 10_000;

type Answer = { readonly payload?: ConformancePayload };

/** Makes the call that a case describes and returns what came of it. */
export async function makeCall(
  wanted: ClientCompatRequest,
  transportName: TransportName,
): Promise<ClientResponseResult> {
  const captured = new CapturedAnswer();
  const transport = transportFor(wanted, transportName, captured);
  const call = new Call(wanted, transport);
  try {
    const error = await call.run();
    return create(ClientResponseResultSchema, {
      payloads: call.payloads,
      responseHeaders: captured.headers,
      responseTrailers: captured.trailers,
      numUnsentRequests: call.unsent,
      ...(error && { error }),
    });
  } finally {
    await transport.close();
  }
}

function transportFor(
  { host, port, serverTlsCert, clientTlsCreds, requestHeaders, ...wanted }: ClientCompatRequest,
  transport: TransportName,
  captured: CapturedAnswer,
): ClientTransport {
  const secure = serverTlsCert.length > 0;
  const settings = settingsOf({
    url: `${secure ? "https" : "http"}://${host}:${port}`,
    transport,
    headers: Object.fromEntries(requestHeaders.map(({ name, value }) => [name, value.join(", ")])),
    ...(wanted.messageReceiveLimit > 0 && { maxMessageBytes: wanted.messageReceiveLimit }),
    ...(secure && {
      tls: {
        ca: serverTlsCert,
        ...(clientTlsCreds && { cert: clientTlsCreds.cert, key: clientTlsCreds.key }),
      },
    }),
  });
  if (transport === "grpc-js") {
    const interceptors = [captured.grpcInterceptor];
    return createGrpcJsTransport(settings, { interceptors, retries: false });
  }
  return createHttp2Transport(settings, [captured.connectInterceptor]);
}

/** One call of a case. */
class Call {
  readonly payloads: ConformancePayload[] = [];
  readonly #wanted: ClientCompatRequest;
  readonly #transport: ClientTransport;
  readonly #method: DescMethod;
  readonly #abort = new AbortController();
  #sent = 0;
  #answered = (): void => undefined;

  constructor(wanted: ClientCompatRequest, transport: ClientTransport) {
    this.#wanted = wanted;
    this.#transport = transport;
    const method = ConformanceService.methods.find(({ name }) => name === wanted.method);
    if (method === undefined) throw new Error(`no method ${wanted.method}`);
    this.#method = method;
  }

  /** How many requests were not sent because the call had ended. */
  get unsent(): number {
    return this.#wanted.requestMessages.length - this.#sent;
  }

  /** Returns the error that the call ended with. */
  async run(): Promise<MessageInitShape<typeof ErrorSchema> | undefined> {
    const { timeoutMs } = this.#wanted;
    const scope = { signal: this.#abort.signal, timeoutMs };
    // The library itself gives every call a deadline, above its transports.
    const timer = setTimeout(() => this.#cancel(), longestCallMs);
    try {
      if (this.#method.methodKind === "unary") {
        const method = this.#method as DescMethodUnary<DescMessage, DescMessage>;
        const [message] = this.#wanted.requestMessages;
        await delay(this.#wanted.requestDelayMs);
        const answer = this.#transport.unary(method, this.#unpack(message), scope);
        this.#sent = 1;
        this.#cancelAfterCloseSend();
        this.#add((await answer) as Answer);
        return undefined;
      }
      // The transports write every kind of stream alike.
      const method = this.#method as unknown as DescMethodBiDiStreaming<DescMessage, DescMessage>;
      for await (const answer of this.#transport.stream(method, this.#requests(), scope)) {
        this.#add(answer as Answer);
      }
      return undefined;
    } catch (error) {
      return errorOf(error);
    } finally {
      clearTimeout(timer);
      this.#answered();
    }
  }

  async *#requests(): AsyncGenerator<MessageShape<DescMessage>> {
    const { requestMessages, requestDelayMs, streamType, cancel } = this.#wanted;
    const isFullDuplex = streamType === StreamType.FULL_DUPLEX_BIDI_STREAM;
    for (const [index, message] of requestMessages.entries()) {
      await delay(requestDelayMs);
      yield this.#unpack(message);
      this.#sent = index + 1;
      if (isFullDuplex && this.payloads.length <= index) {
        await new Promise<void>((resolve) => {
          this.#answered = resolve;
        });
      }
    }
    if (cancel?.cancelTiming.case === "beforeCloseSend") this.#cancel();
    else this.#cancelAfterCloseSend();
  }

  #add({ payload = create(ConformancePayloadSchema) }: Answer): void {
    this.payloads.push(payload);
    this.#answered();
    const timing = this.#wanted.cancel?.cancelTiming;
    if (timing?.case === "afterNumResponses" && timing.value === this.payloads.length) {
      this.#cancel();
    }
  }

  #cancelAfterCloseSend(): void {
    const { cancel } = this.#wanted;
    if (cancel === undefined) return;
    const { cancelTiming } = cancel;
    if (cancelTiming.case === "afterNumResponses") return;
    setTimeout(
      () => this.#cancel(),
      cancelTiming.case === "afterCloseSendMs" ? cancelTiming.value : 0,
    );
  }

  #cancel(): void {
    this.#abort.abort(new ConnectError("cancelled", Code.Canceled));
  }

  #unpack(message: Any | undefined): MessageShape<DescMessage> {
    const unpacked = message && anyUnpack(message, registry);
    if (unpacked === undefined) throw new Error("the case has a message of another type");
    return unpacked;
  }
}

/** Returns the status that the server sent, or the transport made: what the library had to go by. */
function errorOf(error: unknown): MessageInitShape<typeof ErrorSchema> {
  const cause = error instanceof RerankClientError ? error.cause : error;
  if (isServiceError(cause)) {
    const [status] = cause.metadata.get("grpc-status-details-bin");
    const details = status instanceof Buffer ? detailsOfStatus(status) : [];
    return { code: codeOf(cause, error), message: cause.details, details: details.map(anyOf) };
  }
  const { code, rawMessage, details } = ConnectError.from(cause);
  const received = details.filter((detail) => "type" in detail);
  return { code: code as number as CodeMessage, message: rawMessage, details: received.map(anyOf) };
}

/** Returns the code of a status; where grpc-js has none, that of the library. */
function codeOf({ code }: Partial<ServiceError>, error: unknown): CodeMessage {
  if (code !== undefined) return code as number as CodeMessage;
  return error instanceof RerankClientError && error.code === "internal"
    ? CodeMessage.INTERNAL
    : CodeMessage.UNKNOWN;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "metadata" in error && "details" in error && !isConnect(error);
}

function isConnect(error: Error): boolean {
  return error instanceof ConnectError;
}

function anyOf({ type, value }: { readonly type: string; readonly value: Uint8Array }): Any {
  return create(AnySchema, { typeUrl: `type.googleapis.com/${type}`, value });
}
