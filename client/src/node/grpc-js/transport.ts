import {
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  Client,
  type ClientDuplexStream,
  type Interceptor,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { RerankClientError } from "../../call/client-error.ts";
import type { ClientTransport, TransportCall } from "../../call/client-transport.ts";
import { detailsOfStatus, retryAfterMsOf } from "../../call/parse-retry-after.ts";
import { errorOfStatus } from "../../call/wire-error.ts";
import type { ClientSettings } from "../client-settings.ts";
import { channelOptionsOf, credentialsOf, targetOf } from "./channel.ts";
import { registerAddressLists } from "./resolver.ts";
import { wasCutOff } from "./retry-policy.ts";

/** The end of the names of headers whose values are bytes, in base64. */
const binarySuffix = "-bin";

/** Options of the transport that callers of the library do not set. */
export interface GrpcJsTransportOptions {
  /** See what callers do not: the headers and trailers of answers. Default: none. */
  readonly interceptors?: Interceptor[];
  /** Whether calls that failed are tried again. Default: true. */
  readonly retries?: boolean;
}

/** Returns a transport over `@grpc/grpc-js`. It connects with its first call. */
export function createGrpcJsTransport(
  settings: ClientSettings,
  { interceptors = [], retries = true }: GrpcJsTransportOptions = {},
): ClientTransport {
  const { addresses, tls, headers } = settings;
  registerAddressLists();
  const target = targetOf(addresses);
  const options = {
    ...channelOptionsOf(settings),
    ...(!retries && { "grpc.enable_retries": 0 }),
    interceptors,
  };
  const client = new Client(target, credentialsOf(addresses, tls), options);
  const metadataOf = (): Metadata => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) {
      const isBinary = name.endsWith(binarySuffix);
      metadata.set(name, isBinary ? Buffer.from(value, "base64") : value);
    }
    return metadata;
  };
  return {
    unary(method, message, call) {
      const { path, serialize, deserialize } = codecOf(method);
      const deadline = deadlineOf(call);
      return new Promise((resolve, reject) => {
        const attempt = (isLast: boolean): void => {
          let hasHeaders = false;
          const onAbort = (): void => request.cancel();
          const request = client.makeUnaryRequest(
            path,
            serialize,
            deserialize,
            message,
            metadataOf(),
            deadline,
            (error, answer) => {
              call.signal.removeEventListener("abort", onAbort);
              const isRetried = !isLast && !call.signal.aborted && wasCutOff(error, hasHeaders);
              if (isRetried) attempt(true);
              else if (error) reject(errorOf(error));
              else if (answer) resolve(answer);
            },
          );
          request.once("metadata", () => {
            hasHeaders = true;
          });
          call.signal.addEventListener("abort", onAbort, { once: true });
        };
        attempt(!retries);
      });
    },
    async *stream(method, messages, call) {
      const { path, serialize, deserialize } = codecOf(method);
      const stream = client.makeBidiStreamRequest(
        path,
        serialize,
        deserialize,
        metadataOf(),
        deadlineOf(call),
      );
      // An error may come after the last read; without a listener it would end the process.
      stream.on("error", () => undefined);
      const onAbort = (): void => stream.cancel();
      call.signal.addEventListener("abort", onAbort, { once: true });
      void sendAll(stream, messages).catch(onAbort);
      try {
        yield* answersOf(stream);
      } catch (error) {
        throw errorOf(error as ServiceError);
      } finally {
        call.signal.removeEventListener("abort", onAbort);
        stream.cancel();
      }
    },
    close: async () => client.close(),
  };
}

/** Returns the name of a method for grpc-js, and how its messages become bytes and back. */
function codecOf<I extends DescMessage, O extends DescMessage>(
  method: DescMethod & { readonly input: I; readonly output: O },
) {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    serialize: (message: MessageShape<I>): Buffer => {
      const { buffer, byteOffset, byteLength } = toBinary(method.input, message);
      return Buffer.from(buffer, byteOffset, byteLength);
    },
    deserialize: (bytes: Buffer): MessageShape<O> => fromBinary(method.output, bytes),
  };
}

function deadlineOf({ timeoutMs }: TransportCall): { readonly deadline?: number } {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

/**
 * Yields the answers of a stream, also those that came right before its error: the iterator of the
 * stream itself drops what is not read by then.
 */
async function* answersOf<I, O>(stream: ClientDuplexStream<I, O>): AsyncGenerator<O> {
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => undefined;
  stream.on("readable", () => wake());
  stream.once("end", () => wake());
  stream.once("close", () => wake());
  stream.once("error", (error) => {
    failure = { error };
    wake();
  });
  for (;;) {
    const answer = stream.read();
    if (answer !== null) yield answer;
    else if (failure) throw failure.error;
    else if (stream.readableEnded || stream.destroyed) return;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}

/** Writes messages as fast as the stream takes them and half-closes it. Ends with the stream. */
async function sendAll<I, O>(
  stream: ClientDuplexStream<I, O>,
  messages: AsyncIterable<I>,
): Promise<void> {
  for await (const message of messages) {
    if (stream.destroyed || stream.writableEnded) return;
    if (stream.write(message)) continue;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        for (const event of ["drain", "close", "error", "end"]) stream.off(event, settle);
        resolve();
      };
      for (const event of ["drain", "close", "error", "end"]) stream.once(event, settle);
    });
  }
  stream.end();
}

function errorOf(error: ServiceError): RerankClientError {
  const { code, details, metadata } = error;
  if (code === undefined) {
    // grpc-js's error for an answer that it cannot decompress has no code.
    return new RerankClientError("internal", "the answer cannot be read", { cause: error });
  }
  const [bytes] = metadata?.get("grpc-status-details-bin") ?? [];
  const [retryAfter] = metadata?.get("retry-after") ?? [];
  const known = bytes instanceof Buffer ? detailsOfStatus(bytes) : [];
  return errorOfStatus({
    status: code,
    message: details ?? error.message,
    // Of a broken connection grpc-js itself makes `unavailable`, or `cancelled` after a reset.
    fromServer: true,
    retryAfterMs: retryAfterMsOf(known, typeof retryAfter === "string" ? retryAfter : null),
    cause: error,
  });
}
