/**
 * The client under test of the Connect conformance suite: the transports of the client library. The
 * argument says which carries gRPC: `grpc` or `grpc-js`. Reads cases from standard input, makes
 * their calls, several at once, and writes what came of each.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ClientCompatRequestSchema,
  ClientCompatResponseSchema,
} from "../gen/connectrpc/conformance/v1/client_compat_pb.ts";
import { Protocol } from "../gen/connectrpc/conformance/v1/config_pb.ts";
import { frameOf, readFrames } from "./frames.ts";
import { makeCall } from "./make-call.ts";

const maxCallsAtOnce = 8;

const grpcTransport = process.argv[2] === "grpc-js" ? "grpc-js" : "grpc";
const running = new Set<Promise<void>>();

for await (const frame of readFrames(process.stdin)) {
  if (running.size >= maxCallsAtOnce) await Promise.race(running);
  const call = answerCase(Buffer.from(frame)).finally(() => running.delete(call));
  running.add(call);
}
await Promise.all(running);

async function answerCase(frame: Uint8Array): Promise<void> {
  const wanted = fromBinary(ClientCompatRequestSchema, frame);
  const transport = wanted.protocol === Protocol.CONNECT ? "connect" : grpcTransport;
  const answer = create(ClientCompatResponseSchema, { testName: wanted.testName });
  try {
    const value = await makeCall(wanted, transport);
    answer.result = { case: "response", value };
  } catch (error) {
    const { stack } = error as Error;
    answer.result = {
      case: "error",
      value: { $typeName: "connectrpc.conformance.v1.ClientErrorResult", message: `${stack}` },
    };
  }
  process.stdout.write(frameOf(toBinary(ClientCompatResponseSchema, answer)));
}
