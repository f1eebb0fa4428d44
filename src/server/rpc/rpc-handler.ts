import { Code, createContextValues } from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerRequest } from "@connectrpc/connect/protocol";
import {
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { Logger } from "../../telemetry/log.ts";
import { type Call, isHttp2, type ServerRequest, type ServerResponseLike } from "../call.ts";
import { HttpError } from "../http/http-error.ts";
import type { CallHandler } from "../http/http-handler.ts";
import { sendError } from "../http/send-json.ts";
import { refusedOf } from "../refused.ts";
import { callKey } from "./call-context.ts";
import { rpcProtocolOf } from "./call-protocol.ts";
import { capTimeoutHeaders } from "./call-timeout.ts";
import { sendGrpcAnswer, sendStatus } from "./grpc-answer.ts";

/** What the handler needs. */
export interface RpcHandlerOptions {
  /** Handlers of the RPCs by path. */
  readonly handlers: ReadonlyMap<string, UniversalHandler>;
  readonly log: Logger;
  readonly maxRequestTimeoutMs: number;
  /** Answers every other path. */
  readonly fallback: CallHandler;
}

/** RPCs that are logged at debug. */
const probePath = /^\/(?:grpc\.health\.v1\.Health\/|rerank\.v1\.RerankService\/Health$)/;

/**
 * Returns the handler that gives every path its RPC. It stands in for `connectNodeAdapter`, which
 * throws on an invalid `Host` header (and so ends the process), answers a wrong method or content
 * type without a word, and writes to the console.
 */
export function createRpcHandler(options: RpcHandlerOptions): CallHandler {
  const { handlers, log, maxRequestTimeoutMs, fallback } = options;

  return (request, response, call) => {
    const handler = handlers.get(call.path);
    const contentType = request.headers["content-type"];
    if (handler === undefined) {
      if (!contentType?.startsWith("application/grpc")) return fallback(request, response, call);
      call.protocol = rpcProtocolOf(contentType);
      return sendUnimplemented(response, call, contentType);
    }
    call.protocol = rpcProtocolOf(contentType);
    call.probe = probePath.test(call.path);
    const problem = problemOf(handler, call, contentType);
    if (problem !== undefined) {
      call.code = problem.code;
      call.refused = refusedOf(problem);
      return sendError(response, problem);
    }
    const universal = toUniversal(request, response, call);
    if (universal === undefined) {
      call.code = "invalid_argument";
      const message = "`host` must name a host";
      const error = new HttpError(400, "invalid_argument", message, { field: "host" });
      call.refused = refusedOf(error);
      return sendError(response, error);
    }
    capTimeoutHeaders(universal.header, maxRequestTimeoutMs);
    handler(universal)
      .then((answer) => {
        if (call.protocol === "grpc") return sendGrpcAnswer(answer, response);
        return universalResponseToNodeResponse(answer, response);
      })
      .catch((error: unknown) => {
        // The client has gone, or its connection broke; anything else became an answer before it
        // came here.
        call.code ??= "cancelled";
        log.debug({ err: error, request_id: call.id }, "an answer could not be written");
        if (isHttp2(response)) response.stream.close();
        else response.destroy();
      });
  };
}

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

function problemOf(
  handler: UniversalHandler,
  { method }: Call,
  contentType: string | undefined,
): HttpError | undefined {
  if (!handler.allowedMethods.includes(method)) {
    const allow = [...new Set(handler.allowedMethods)].join(", ");
    const message = `the method must be one of: ${allow}`;
    return new HttpError(405, "invalid_argument", message, { headers: { allow } });
  }
  if (method === "GET" || handler.supportedContentType(contentType ?? null)) return undefined;
  const isStream = handler.method.methodKind !== "unary";
  const json = isStream ? "application/connect+json" : "application/json";
  return new HttpError(
    415,
    "invalid_argument",
    `\`content-type\` must be \`${json}\` or one of gRPC or gRPC-Web`,
    { headers: { "accept-post": `${json}, application/grpc, application/grpc-web+proto` } },
  );
}

function sendUnimplemented(response: ServerResponseLike, call: Call, contentType: string): void {
  call.code = "unimplemented";
  sendStatus(response, {
    "content-type": contentType,
    "grpc-status": String(Code.Unimplemented),
    "grpc-message": "there is no such method",
  });
}
