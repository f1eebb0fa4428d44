import type { CallProtocol } from "../../../telemetry/server-observer.ts";
import { parseMediaType } from "../../call/media-type.ts";

/** The protocol and encoding that the `content-type` of an RPC names. */
export interface RpcContentType {
  readonly protocol: Exclude<CallProtocol, "http">;
  /**
   * The type as Connect's handlers know it: in lower case, without parameters, the text form of
   * gRPC-Web as its binary form. As it came where its text is not UTF-8, which no handler takes.
   */
  readonly type: string;
  /** The type of an answer in the same form as the request; only gRPC's and those of streams. */
  readonly answerType: string;
  /** Whether messages are in envelopes: gRPC, gRPC-Web and the streams of Connect. */
  readonly hasEnvelopes: boolean;
  /** Whether the body is base64, as in the text form of gRPC-Web. */
  readonly isBase64: boolean;
}

const grpcPattern = /^application\/grpc(-web(-text)?)?(\+[\w.-]+)?$/;

const connectStreamPattern = /^application\/connect\+[\w.-]+$/;

/** Returns the parsed `content-type` if it is that of an RPC. */
export function parseRpcContentType(header = ""): RpcContentType {
  const { type, isUtf8 } = parseMediaType(header);
  const grpc = grpcPattern.exec(type);
  if (grpc === null) {
    return {
      protocol: "connect",
      type: isUtf8 ? type : header,
      answerType: type,
      hasEnvelopes: connectStreamPattern.test(type),
      isBase64: false,
    };
  }
  const [, web, text, codec = ""] = grpc;
  const protocol = web === undefined ? "grpc" : "grpc-web";
  return {
    protocol,
    type: isUtf8 ? `application/${protocol}${codec}` : header,
    answerType: type,
    hasEnvelopes: true,
    isBase64: text !== undefined,
  };
}
