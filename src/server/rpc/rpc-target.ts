import { Code, createContextValues } from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerRequest } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest } from "@connectrpc/connect-node";
import { grpcCodeOf } from "../../errors.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { Target } from "../call/answer-call.ts";
import {
  type Call,
  type Exchange,
  isHttp2,
  pathOf,
  type ServerRequest,
  type ServerResponseLike,
} from "../call/call.ts";
import { nearestPath } from "../call/nearest-path.ts";
import { refusedOf } from "../call/refused.ts";
import { errorAnswerOf, HttpError } from "../http/http-error.ts";
import type { ServerLimits } from "../limits.ts";
import { callKey, codeName } from "./error-interceptor.ts";
import type { Rpc } from "./rpc-router.ts";
import { sendRpcAnswer } from "./wire/rpc-answer.ts";
import { parseRpcContentType, type RpcContentType } from "./wire/rpc-content-type.ts";
import { requestBodyOf } from "./wire/rpc-request-body.ts";
import { type RpcStatus, sendRpcStatus } from "./wire/rpc-status.ts";

/** The dependencies of the targets of RPCs. */
export interface RpcTargetOptions {
  /** The RPCs by path. */
  readonly rpcs: ReadonlyMap<string, Rpc>;
  readonly log: Logger;
  readonly limits: Pick<ServerLimits, "maxBodyBytes" | "maxRequestTimeoutMs">;
}

/** `gzip` under the name that it had before it was one (RFC 9110, section 8.4.1.3). */
const oldGzip = "x-gzip";

/**
 * Returns a function that finds the target of an RPC: undefined for a request that is none, neither
 * by its path nor by its content type. The targets replace `connectNodeAdapter`, which throws on an
 * invalid `Host` header (and so ends the process), answers a wrong method or content type without a
 * word, destroys requests that were not read to their end, and writes to the console.
 */
export function createRpcTargets(
  options: RpcTargetOptions,
): (request: ServerRequest) => Target | undefined {
  const { rpcs } = options;
  return (request) => {
    const type = parseRpcContentType(request.headers["content-type"]);
    const path = pathOf(request);
    const rpc = rpcs.get(path);
    if (rpc === undefined && type.protocol === "connect" && !type.hasEnvelopes) {
      if (request.method !== "POST" || !looksLikeRpc(path)) return undefined;
    }
    return {
      protocol: type.protocol,
      route: rpc && path,
      access: rpc?.access ?? "key",
      probe: rpc?.probe ?? false,
      isRequestStream: rpc?.handler.method.methodKind === "bidi_streaming",
      answer: (exchange) => answerRpc(exchange, rpc?.handler, type, options),
      refuse({ response, call }, error) {
        const { message, status, headers } = errorAnswerOf(error);
        call.code = error.code;
        call.refused = refusedOf(error);
        const code = grpcCodeOf[error.code];
        sendRpcStatus(response, type, { code, message, httpStatus: status, headers });
      },
    };
  };
}

function answerRpc(
  { request, response, call }: Exchange,
  handler: UniversalHandler | undefined,
  type: RpcContentType,
  { rpcs, log, limits }: RpcTargetOptions,
): void {
  const refuse = (status: RpcStatus): void => {
    call.code = codeName(status.code);
    call.refused = refusedOf(new HttpError(status.httpStatus, "invalid_argument", status.message));
    sendRpcStatus(response, type, status);
  };
  if (handler === undefined) {
    refuse(unknownRpc(call.path, rpcs.keys()));
    return;
  }
  const problem = problemOf(handler, request, type);
  if (problem !== undefined) {
    refuse(problem);
    return;
  }
  const { methodKind } = handler.method;
  const body = requestBodyOf(request, type, {
    maxBytes: limits.maxBodyBytes,
    isSingle: methodKind === "unary" || methodKind === "server_streaming",
  });
  const universal = toUniversal(request, response, call);
  if (universal === undefined) {
    refuse(badHost);
    return;
  }
  normalizeHeaders(universal, type);
  capTimeoutHeaders(universal.header, limits.maxRequestTimeoutMs);
  handler({ ...universal, body: body.chunks })
    .then((answer) => sendRpcAnswer(answer, { request, response, type, body }))
    .catch((error: unknown) => {
      // The client has gone, or its connection broke; anything else became an answer before it
      // came here.
      call.code ??= "cancelled";
      log.debug({ err: error, request_id: call.id }, "an answer could not be written");
      if (isHttp2(response)) response.stream.close();
      else response.destroy();
    });
}

const badHost: RpcStatus = {
  code: Code.InvalidArgument,
  message: "`host` must name a host",
  httpStatus: 400,
};

function toUniversal(
  request: ServerRequest,
  response: ServerResponseLike,
  call: Call,
): UniversalServerRequest | undefined {
  const values = createContextValues().set(callKey, call);
  try {
    return universalRequestFromNodeRequest(request, response, undefined, values);
  } catch {
    // It builds a URL from the `Host` header, which may be anything.
    return undefined;
  }
}

/** Spells headers as Connect's handlers look for them. */
function normalizeHeaders({ method, header }: UniversalServerRequest, type: RpcContentType): void {
  // A GET has no body; its codec is in the query.
  if (method === "GET") header.delete("content-type");
  else header.set("content-type", type.type);
  const encoding = header.get("content-encoding")?.trim().toLowerCase();
  if (encoding !== undefined) {
    header.set("content-encoding", encoding === oldGzip ? "gzip" : encoding);
  }
}

function problemOf(
  handler: UniversalHandler,
  { method = "", httpVersionMajor }: ServerRequest,
  type: RpcContentType,
): RpcStatus | undefined {
  // Connect's unary calls also have the status of HTTP, so Connect gives them the code `unknown`;
  // elsewhere there is only the code.
  const isTold = type.protocol === "connect" && !type.hasEnvelopes;
  const code = isTold ? Code.Unknown : Code.Unimplemented;
  const allowed = type.protocol === "connect" ? handler.allowedMethods : ["POST"];
  if (!allowed.includes(method)) {
    const allow = [...new Set(allowed)].join(", ");
    return {
      code,
      message: `the method must be one of: ${allow}`,
      httpStatus: 405,
      headers: { allow },
    };
  }
  const { methodKind } = handler.method;
  if (methodKind === "bidi_streaming" && httpVersionMajor < 2) {
    return {
      code: Code.Unimplemented,
      message: "a stream in both directions needs HTTP/2",
      httpStatus: 505,
      // A client that writes and reads at the same time would wait for ever.
      headers: { connection: "close" },
    };
  }
  if (method === "GET" || handler.supportedContentType(type.type)) return undefined;
  const json = methodKind === "unary" ? "application/json" : "application/connect+json";
  return {
    code,
    message: `\`content-type\` must be \`${json}\` in UTF-8 or one of gRPC or gRPC-Web`,
    httpStatus: 415,
    headers: { "accept-post": `${json}, application/grpc, application/grpc-web+proto` },
  };
}

/** The last two parts of an RPC's path, or of one that is nearly right: `/package.Service/Method`. */
const rpcPattern = /\/(?:\w+\.)+[A-Z]\w*\/\w+\/?$/;

/** Whether a path that is no RPC of this server looks like one. */
function looksLikeRpc(path: string): boolean {
  return rpcPattern.test(path);
}

/** Returns the status of a call to an RPC that does not exist. `known` are the paths of those that do. */
function unknownRpc(path: string, known: Iterable<string>): RpcStatus {
  const paths = [...known];
  const services = [...new Set(paths.map((candidate) => candidate.split("/", 2)[1]))];
  const meant = nearestPath(path, paths);
  const hint =
    meant === undefined ? `services: ${services.join(", ")}` : `did you mean \`${meant}\`?`;
  return {
    code: Code.Unimplemented,
    message: `there is no such method; ${hint}`,
    httpStatus: 404,
  };
}

/** Milliseconds in each unit of `grpc-timeout`. */
const unitMs = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 } as const;

/**
 * Shortens the deadline that a client asks for to `maxMs`, in place. Without this a deadline of a
 * month overflows the timer, which then fires at once. Values that are no deadline stay, and
 * Connect refuses them.
 */
export function capTimeoutHeaders(header: Headers, maxMs: number): void {
  const connectTimeout = header.get("connect-timeout-ms");
  if (connectTimeout !== null && Number(connectTimeout) > maxMs) {
    header.set("connect-timeout-ms", String(maxMs));
  }
  const match = /^(\d{1,8})([HMSmun])$/.exec(header.get("grpc-timeout") ?? "");
  if (match === null) return;
  const timeoutMs = Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
  // At most eight digits fit into the header, so a long time is given in seconds.
  if (timeoutMs > maxMs) {
    const isLong = maxMs >= 1e8;
    header.set("grpc-timeout", isLong ? `${Math.floor(maxMs / 1_000)}S` : `${maxMs}m`);
  }
}
