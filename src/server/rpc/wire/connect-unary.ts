import { Code, ConnectError, createHandlerContext, type MethodImplSpec } from "@connectrpc/connect";
import {
  compressionNegotiate,
  createAsyncIterable,
  createMethodSerializationLookup,
  invokeUnaryImplementation,
  readAllBytes,
  type UniversalHandler,
  type UniversalHandlerFn,
  type UniversalHandlerOptions,
  type UniversalServerRequest,
  uResponseUnsupportedMediaType,
} from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  contentTypeUnaryProto,
  errorToJsonBytes,
  headerContentType,
  headerTimeout,
  headerUnaryAcceptEncoding,
  headerUnaryContentLength,
  headerUnaryEncoding,
  parseContentType,
  parseTimeout,
  trailerMux,
} from "@connectrpc/connect/protocol-connect";
import { decodeErrorOf, tooLargeError } from "../decode-error.ts";
import { callKey, noteError } from "../error-interceptor.ts";

/** The handler specification of a method with one request and one answer. */
export type UnarySpec = Extract<MethodImplSpec, { kind: "unary" }>;

/** What a request says of its message, in its headers or, for GET, in its URL. */
interface Encoded {
  readonly isBinary: boolean;
  readonly compression: string | null;
  read(maxBytes: number): Promise<Uint8Array>;
}

/**
 * Returns a handler that answers like Connect's own for a method with one request and one answer.
 * Connect's prints the errors of its decoders, which repeat what was sent, and has no hook to
 * replace them; this handler uses the messages of `decodeErrorOf`.
 */
export function createConnectUnaryHandler(
  connects: UniversalHandler,
  spec: UnarySpec,
  options: UniversalHandlerOptions,
): UniversalHandler {
  const { acceptCompression, readMaxBytes, maxTimeoutMs, shutdownSignal, interceptors } = options;
  const { binaryOptions, jsonOptions, compressMinBytes } = options;
  const codec = createMethodSerializationLookup(spec.method, binaryOptions, jsonOptions, options);

  const handle: UniversalHandlerFn = async (request) => {
    const encoded = request.method === "GET" ? encodedInUrl(request) : encodedInBody(request);
    if (encoded === undefined) return uResponseUnsupportedMediaType;
    const { isBinary } = encoded;
    const timeout = parseTimeout(request.header.get(headerTimeout), maxTimeoutMs);
    const context = createHandlerContext({
      ...spec,
      service: spec.method.parent,
      requestMethod: request.method,
      protocolName: "connect",
      ...(timeout.timeoutMs !== undefined && { timeoutMs: timeout.timeoutMs }),
      ...(shutdownSignal !== undefined && { shutdownSignal }),
      requestSignal: request.signal,
      requestHeader: request.header,
      url: request.url,
      responseHeader: {
        [headerContentType]: isBinary ? contentTypeUnaryProto : contentTypeUnaryJson,
      },
      ...(request.contextValues !== undefined && { contextValues: request.contextValues }),
    });
    const compression = compressionNegotiate(
      acceptCompression,
      encoded.compression,
      request.header.get(headerUnaryAcceptEncoding),
      headerUnaryAcceptEncoding,
    );
    let status = 200;
    let body: Uint8Array;
    try {
      if (compression.error) throw compression.error;
      if (timeout.error) throw timeout.error;
      const sent = await encoded.read(readMaxBytes).catch((error: unknown) => {
        const isTooLarge = error instanceof ConnectError && error.code === Code.ResourceExhausted;
        throw isTooLarge ? tooLargeError(readMaxBytes, error) : error;
      });
      const bytes = compression.request
        ? await compression.request.decompress(sent, readMaxBytes)
        : sent;
      const input = codec.getI(isBinary).parse(bytes);
      const output = await invokeUnaryImplementation(spec, context, input, interceptors);
      body = codec.getO(isBinary).serialize(output);
    } catch (caught) {
      const error = decodeErrorOf(caught) ?? connectErrorFrom(caught);
      noteError(context.values.get(callKey), error);
      status = codeToHttpStatus(error.code);
      context.responseHeader.set(headerContentType, contentTypeUnaryJson);
      for (const [name, value] of error.metadata) context.responseHeader.set(name, value);
      body = errorToJsonBytes(error, jsonOptions);
    } finally {
      context.abort();
    }
    if (compression.response && body.byteLength >= compressMinBytes) {
      body = await compression.response.compress(body);
      context.responseHeader.set(headerUnaryEncoding, compression.response.name);
    }
    const header = trailerMux(context.responseHeader, context.responseTrailer);
    header.set(headerUnaryContentLength, String(body.byteLength));
    return { status, header, body: createAsyncIterable([body]) };
  };
  const { protocolNames, supportedContentType, allowedMethods, requestPath, service, method } =
    connects;
  return Object.assign(handle, {
    protocolNames,
    supportedContentType,
    allowedMethods,
    requestPath,
    service,
    method,
  });
}

function connectErrorFrom(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  return new ConnectError("internal error", Code.Internal, undefined, undefined, error);
}

function encodedInBody({ header, body }: UniversalServerRequest): Encoded | undefined {
  const type = parseContentType(header.get(headerContentType));
  if (type === undefined || type.stream) return undefined;
  return {
    isBinary: type.binary,
    compression: header.get(headerUnaryEncoding),
    read: (maxBytes) =>
      readAllBytes(
        body as AsyncIterable<Uint8Array>,
        maxBytes,
        header.get(headerUnaryContentLength),
      ),
  };
}

function encodedInUrl({ url }: UniversalServerRequest): Encoded | undefined {
  const { searchParams } = new URL(url);
  const encoding = searchParams.get("encoding");
  if (encoding !== "json" && encoding !== "proto") return undefined;
  const message = searchParams.get("message") ?? "";
  const bytes =
    searchParams.get("base64") === "1"
      ? Buffer.from(message, "base64url")
      : Buffer.from(message, "utf8");
  return {
    isBinary: encoding === "proto",
    compression: searchParams.get("compression"),
    read: (maxBytes) => readAllBytes(createAsyncIterable([bytes]), maxBytes, null),
  };
}
