import { grpcCodeOf, type RerankError } from "../../errors.ts";
import type { Call, ServerRequest, ServerResponseLike } from "../call/call.ts";
import { refusedOf } from "../call/refused.ts";
import type { ErrorShape } from "../http/error-shapes.ts";
import { errorAnswerOf } from "../http/http-error.ts";
import { sendError } from "../http/send-json.ts";
import { parseRpcContentType } from "../rpc/rpc-content-type.ts";
import { sendRpcStatus } from "../rpc/rpc-status.ts";

/** Where a refused call was going. */
export interface RefusedCall {
  readonly request: ServerRequest;
  readonly response: ServerResponseLike;
  readonly call: Call;
  /** Whether the path is an RPC, so that a JSON body is Connect's. */
  readonly isRpc: boolean;
  /** How the plain route tells errors. */
  readonly errorShape: ErrorShape;
}

/** Answers a call in its own protocol with an error, without having read any of its body. */
export function sendRefusal(refused: RefusedCall, error: RerankError): void {
  const { request, response, call, isRpc, errorShape } = refused;
  const type = parseRpcContentType(request.headers["content-type"]);
  const answer = errorAnswerOf(error);
  call.code = error.code;
  call.refused = refusedOf(error);
  if (!isRpc && !type.hasEnvelopes) {
    sendError(response, answer, errorShape);
    return;
  }
  call.protocol = type.protocol;
  const { message, status: httpStatus, headers } = answer;
  sendRpcStatus(response, type, { code: grpcCodeOf[error.code], message, httpStatus, headers });
}
