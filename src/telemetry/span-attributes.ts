import type { CallEnd, CallFacts } from "./server-observer.ts";

/** The attributes of a span, by name. */
export type SpanAttributes = Record<string, string | number | boolean>;

/** The gRPC status of each code, by its position. */
const statusNames = [
  "ok",
  "cancelled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
] as const;

/** The codes that are a server's own fault, as the semantic conventions count them. */
const serverFaults: ReadonlySet<string> = new Set([
  "unknown",
  "deadline_exceeded",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
]);

/** The path of an RPC. */
const rpcPath = /^\/([\w.]+)\/(\w+)$/;

/** Returns a span's name: of few values, so never a raw path. */
export function spanNameOf({ protocol, method, route }: CallFacts): string {
  if (route === undefined) return method;
  return protocol === "http" ? `${method} ${route}` : route.slice(1);
}

/** Whether a call ended by a fault of the server. */
export function isServerFault({ protocol }: CallFacts, { status, code }: CallEnd): boolean {
  if (protocol === "http") return status !== undefined && status >= 500;
  return serverFaults.has(code);
}

/**
 * Returns the attributes of a call's span, named by OpenTelemetry's semantic conventions: `http.*`
 * for all, `rpc.*` for RPCs. `url.path` is the route: a path may hold anything that a caller sends.
 */
export function callAttributes(call: CallFacts, end: CallEnd): SpanAttributes {
  const { method, route, protocol, httpVersion, secure, documents, id } = call;
  return {
    "http.request.method": method,
    "url.scheme": secure ? "https" : "http",
    "network.protocol.name": "http",
    "network.protocol.version": httpVersion,
    ...(route !== undefined && { "http.route": route, "url.path": route }),
    ...(end.status !== undefined && { "http.response.status_code": end.status }),
    ...(end.code !== "ok" && { "error.type": end.code }),
    ...(protocol !== "http" && rpcAttributes(call, end)),
    ...(documents !== undefined && { "rerankd.documents": documents }),
    "rerankd.request_id": id,
  };
}

function rpcAttributes({ route, protocol }: CallFacts, { code }: CallEnd): SpanAttributes {
  const [, service, rpcMethod] = rpcPath.exec(route ?? "") ?? [];
  const number = statusNames.indexOf(code as (typeof statusNames)[number]);
  const isConnect = protocol === "connect";
  return {
    "rpc.system": isConnect ? "connect_rpc" : "grpc",
    ...(service !== undefined && { "rpc.service": service }),
    ...(rpcMethod !== undefined && { "rpc.method": rpcMethod }),
    ...(!isConnect && number >= 0 && { "rpc.grpc.status_code": number }),
    ...(isConnect && code !== "ok" && { "rpc.connect_rpc.error_code": code }),
  };
}
