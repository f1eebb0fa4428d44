import { ConnectError, type Interceptor as ConnectInterceptor } from "@connectrpc/connect";
import {
  type Interceptor as GrpcInterceptor,
  InterceptingCall,
  type Metadata,
} from "@grpc/grpc-js";
import type { Header } from "../gen/connectrpc/conformance/v1/service_pb.ts";
import { headersOf } from "./service.ts";

/** Headers and trailers of an answer, which the client library keeps to itself. */
export class CapturedAnswer {
  headers: Header[] = [];
  trailers: Header[] = [];

  /** For the transports of Connect. */
  readonly connectInterceptor: ConnectInterceptor = (next) => async (request) => {
    try {
      const response = await next(request);
      this.headers = headersOf(response.header);
      if (!response.stream) {
        this.trailers = headersOf(response.trailer);
        return response;
      }
      const { message: messages, trailer } = response;
      return { ...response, message: this.#untilTrailer(messages, trailer) };
    } catch (error) {
      // Headers and trailers, which an error does not tell apart.
      this.trailers = headersOf(ConnectError.from(error).metadata);
      this.headers = this.trailers;
      throw error;
    }
  };

  /** For grpc-js. */
  readonly grpcInterceptor: GrpcInterceptor = (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        next(metadata, {
          onReceiveMetadata: (received, pass) => {
            this.headers = headersOfMetadata(received);
            pass(received);
          },
          onReceiveStatus: (status, pass) => {
            this.trailers = headersOfMetadata(status.metadata);
            pass(status);
          },
        });
      },
    });

  async *#untilTrailer<Message>(
    messages: AsyncIterable<Message>,
    trailer: Headers,
  ): AsyncGenerator<Message> {
    try {
      yield* messages;
    } catch (error) {
      this.trailers = headersOf(ConnectError.from(error).metadata);
      throw error;
    }
    this.trailers = headersOf(trailer);
  }
}

function headersOfMetadata(metadata: Metadata): Header[] {
  const entries = Object.keys(metadata.getMap()).flatMap((name) =>
    metadata
      .get(name)
      .map((value): [string, string] => [
        name,
        typeof value === "string" ? value : value.toString("base64"),
      ]),
  );
  return headersOf(entries);
}
