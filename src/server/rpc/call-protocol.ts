import type { CallProtocol } from "../../telemetry/server-observer.ts";

/** Returns the protocol that a content type belongs to, if the path is an RPC. */
export function rpcProtocolOf(contentType: string | undefined): CallProtocol {
  if (contentType?.startsWith("application/grpc-web")) return "grpc-web";
  if (contentType?.startsWith("application/grpc")) return "grpc";
  return "connect";
}
