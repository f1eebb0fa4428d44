import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/**
 * A client of another gRPC stack, made from the .proto files alone. Methods are those of the
 * service, in camel case.
 */
export type ForeignClient = grpc.Client & Readonly<Record<string, ForeignMethod>>;

/** A method of a foreign client; its arguments depend on its kind. */
export type ForeignMethod = (...args: unknown[]) => unknown;

/** A JSON-like message of a foreign client. */
export type ForeignMessage = Readonly<Record<string, unknown>>;

const protoFolder = fileURLToPath(new URL("../../../../proto/", import.meta.url));

const files = [
  "rerank/v1/rerank_service.proto",
  "tei/v1/tei.proto",
  "grpc/health/v1/health.proto",
  "grpc/reflection/v1/reflection.proto",
  "grpc/reflection/v1alpha/reflection.proto",
];

const definition = grpc.loadPackageDefinition(
  loadSync(files, {
    includeDirs: [protoFolder],
    keepCase: true,
    defaults: true,
    oneofs: true,
    longs: String,
  }),
);

/** Returns a client of the service with this full name; it is closed with the test. */
export function createForeignClient(
  context: TestContext,
  port: number,
  service: string,
  credentials: grpc.ChannelCredentials = grpc.credentials.createInsecure(),
): ForeignClient {
  let scope: unknown = definition;
  for (const part of service.split(".")) scope = (scope as Record<string, unknown>)[part];
  const Client = scope as grpc.ServiceClientConstructor;
  // Every client has a connection of its own, so that a test sees only what it does itself.
  const client = new Client(`127.0.0.1:${port}`, credentials, {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.ssl_target_name_override": "localhost",
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  context.after(() => client.close());
  return client as unknown as ForeignClient;
}

/** Calls a unary method. Rejects with grpc-js's error. */
export function callUnary(
  client: ForeignClient,
  method: string,
  request: ForeignMessage,
  options: grpc.CallOptions = {},
): Promise<ForeignMessage> {
  return new Promise((resolve, reject) => {
    client[method]?.(request, new grpc.Metadata(), options, (error: unknown, response: unknown) => {
      if (error) reject(error);
      else resolve(response as ForeignMessage);
    });
  });
}

/** Opens a bidirectional stream. */
export function openStream(
  client: ForeignClient,
  method: string,
  options: grpc.CallOptions = {},
  metadata = new grpc.Metadata(),
): grpc.ClientDuplexStream<ForeignMessage, ForeignMessage> {
  return client[method]?.(metadata, options) as grpc.ClientDuplexStream<
    ForeignMessage,
    ForeignMessage
  >;
}

/** Opens a stream of requests with one response, which `answer` settles with. */
export function openClientStream(
  client: ForeignClient,
  method: string,
  options: grpc.CallOptions = {},
): {
  readonly stream: grpc.ClientWritableStream<ForeignMessage>;
  readonly answer: Promise<ForeignMessage>;
} {
  let settle: grpc.requestCallback<ForeignMessage> = () => undefined;
  const answer = new Promise<ForeignMessage>((resolve, reject) => {
    settle = (error, response) => (response === undefined ? reject(error) : resolve(response));
  });
  const stream = client[method]?.(new grpc.Metadata(), options, settle);
  return { stream: stream as grpc.ClientWritableStream<ForeignMessage>, answer };
}

/** Collects a stream until it ends. `error` is undefined if it ended with OK. */
export function collectStream(
  stream: grpc.ClientReadableStream<ForeignMessage>,
): Promise<{ readonly messages: ForeignMessage[]; readonly error: grpc.ServiceError | undefined }> {
  return new Promise((resolve) => {
    const messages: ForeignMessage[] = [];
    stream.on("data", (message: ForeignMessage) => messages.push(message));
    stream.on("error", (error: grpc.ServiceError) => resolve({ messages, error }));
    stream.on("end", () => resolve({ messages, error: undefined }));
  });
}

/** Whether a value is the error of a call, with this status. */
export function hasStatus(code: grpc.status): (error: unknown) => boolean {
  return (error) => error instanceof Error && "code" in error && error.code === code;
}
