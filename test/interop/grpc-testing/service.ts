import { setTimeout as delay } from "node:timers/promises";
import {
  type Code,
  ConnectError,
  type HandlerContext,
  type ServiceImpl,
} from "@connectrpc/connect";
import type {
  EchoStatus,
  ResponseParameters,
  StreamingOutputCallRequest,
} from "../gen/grpc/testing/messages_pb.ts";
import type { TestService } from "../gen/grpc/testing/test_pb.ts";

/** Metadata that a client sends to have it back. */
const echoHeader = "x-grpc-test-echo-initial";
const echoTrailer = "x-grpc-test-echo-trailing-bin";

/** The service that gRPC's interoperability clients call. */
export const testService: Partial<ServiceImpl<typeof TestService>> = {
  emptyCall: (_request, context) => {
    echoMetadata(context);
    return {};
  },
  unaryCall: (request, context) => {
    echoMetadata(context);
    throwStatus(request.responseStatus);
    return { payload: { body: new Uint8Array(request.responseSize) } };
  },
  streamingOutputCall: (request) => payloadsOf(request.responseParameters),
  async streamingInputCall(requests) {
    let aggregatedPayloadSize = 0;
    for await (const { payload } of requests) aggregatedPayloadSize += payload?.body.length ?? 0;
    return { aggregatedPayloadSize };
  },
  async *fullDuplexCall(requests, context) {
    echoMetadata(context);
    for await (const request of requests) {
      throwStatus(request.responseStatus);
      yield* payloadsOf(request.responseParameters);
    }
  },
  async *halfDuplexCall(requests) {
    const received: StreamingOutputCallRequest[] = [];
    for await (const request of requests) received.push(request);
    for (const { responseParameters } of received) yield* payloadsOf(responseParameters);
  },
};

async function* payloadsOf(parameters: readonly ResponseParameters[]) {
  for (const { size, intervalUs } of parameters) {
    if (intervalUs > 0) await delay(intervalUs / 1_000);
    yield { payload: { body: new Uint8Array(size) } };
  }
}

function throwStatus(status: EchoStatus | undefined): void {
  if (status !== undefined && status.code !== 0) {
    throw new ConnectError(status.message, status.code as Code);
  }
}

function echoMetadata({ requestHeader, responseHeader, responseTrailer }: HandlerContext): void {
  const initial = requestHeader.get(echoHeader);
  if (initial !== null) responseHeader.set(echoHeader, initial);
  const trailing = requestHeader.get(echoTrailer);
  if (trailing !== null) responseTrailer.set(echoTrailer, trailing);
}
