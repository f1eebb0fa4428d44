import type { DescMessage } from "@bufbuild/protobuf";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { compressionGzip } from "@connectrpc/connect-node";
import { Health } from "../../../gen/grpc/health/v1/health_pb.ts";
import * as reflectionV1 from "../../../gen/grpc/reflection/v1/reflection_pb.ts";
import * as reflectionV1alpha from "../../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { RerankRequestSchema, RerankService } from "../../../gen/rerank/v1/rerank_service_pb.ts";
import * as tei from "../../../gen/tei/v1/tei_pb.ts";
import type { HealthState } from "../../engine/health-state.ts";
import type { Reranker } from "../../reranker/rerank-request.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { ServerLimits } from "../limits.ts";
import type { ServingInfo } from "../serving-info.ts";
import { createErrorInterceptor } from "./error-interceptor.ts";
import { createHealthService } from "./health/health-service.ts";
import { createJsonDecoder } from "./json-decoder.ts";
import type { ReflectionAccess } from "./open-methods.ts";
import { registerReflection } from "./reflection/reflection.ts";
import { createRerankService } from "./rerank/rerank-service.ts";
import { createRpcRouter, type RpcRouter } from "./rpc-protocols.ts";
import { createTeiInfoService, createTeiRerankService } from "./tei/tei-services.ts";

/** What the RPCs work with. */
export interface RpcOptions {
  readonly reranker: Reranker;
  readonly health: HealthState;
  readonly log: Logger;
  readonly limits: ServerLimits;
  readonly serving: ServingInfo;
  /** Whether there is reflection at all. */
  readonly reflectionAccess: ReflectionAccess;
  /** Adds further services, which reflection and health do not know. Default: none. */
  readonly addServices?: ((router: RpcRouter) => void) | undefined;
  /** Aborts when the server begins to drain. */
  readonly drainSignal: AbortSignal;
  /** Aborts, with a RerankError, when the server gives up on the calls that are left. */
  readonly shutdownSignal: AbortSignal;
}

/**
 * Answers below this size are sent as they are: a ranking is mostly floats, which hardly shrink,
 * and the threads that compress are those that tokenize.
 */
const compressMinBytes = 16 * 1024;

/**
 * JSON as on the plain routes: snake_case, with every field. The decoder refuses what is not UTF-8
 * instead of guessing, and takes lone surrogates as they do.
 */
const jsonOptions = {
  useProtoFieldName: true,
  alwaysEmitImplicit: true,
  textDecoder: createJsonDecoder(),
};

/** JSON of a service whose requests have enums: names that these lack are refused, not ignored. */
function jsonWithEnumsOf(request: DescMessage) {
  return { jsonOptions: { ...jsonOptions, textDecoder: createJsonDecoder(request) } };
}

/**
 * Returns the handlers of every RPC by path: our own service, those of text-embeddings-inference,
 * health and reflection, over gRPC, gRPC-Web and Connect.
 */
export function createRpcHandlers(options: RpcOptions): ReadonlyMap<string, UniversalHandler> {
  const { log, limits, shutdownSignal } = options;
  const hasReflection = options.reflectionAccess !== "off";
  const rerankers = [RerankService, tei.Rerank, tei.Info];
  const reflection = [reflectionV1.ServerReflection, reflectionV1alpha.ServerReflection];
  const served = [...rerankers, Health, ...(hasReflection ? reflection : [])];
  const names = served.map((service) => service.typeName);
  const router = createRpcRouter({
    interceptors: [createErrorInterceptor(log)],
    jsonOptions,
    readMaxBytes: limits.maxBodyBytes,
    acceptCompression: [compressionGzip],
    compressMinBytes,
    shutdownSignal,
  });
  const ownJson = jsonWithEnumsOf(RerankRequestSchema);
  router.service(RerankService, createRerankService(options), ownJson);
  const teiJson = jsonWithEnumsOf(tei.RerankRequestSchema);
  router.service(tei.Rerank, createTeiRerankService(options), teiJson);
  router.service(tei.Info, createTeiInfoService(options));
  router.service(Health, createHealthService({ ...options, services: names }));
  if (hasReflection) registerReflection(router, [...rerankers, Health]);
  options.addServices?.(router);
  return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
}
