import type { DescField, DescMessage, DescMethod } from "@bufbuild/protobuf";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { Health } from "../../../gen/grpc/health/v1/health_pb.ts";
import * as reflectionV1 from "../../../gen/grpc/reflection/v1/reflection_pb.ts";
import * as reflectionV1alpha from "../../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { AdminService } from "../../../gen/rerank/v1/admin_service_pb.ts";
import { RerankRequestSchema, RerankService } from "../../../gen/rerank/v1/rerank_service_pb.ts";
import * as tei from "../../../gen/tei/v1/tei_pb.ts";
import { RerankError } from "../../errors.ts";
import type { Logger } from "../../telemetry/log.ts";
import { replaceLoneSurrogates } from "../http/json-fields.ts";
import type { ServerLimits } from "../limits.ts";
import type { ModelAdmin } from "../models/model-admin.ts";
import type { ServedModels } from "../models/served-models.ts";
import { createAdminService } from "./admin/admin-service.ts";
import { connectErrorOf } from "./connect-error.ts";
import { createErrorInterceptor } from "./error-interceptor.ts";
import { createHealthService } from "./health/health-service.ts";
import { registerReflection } from "./reflection/reflection.ts";
import { createRerankService } from "./rerank/rerank-service.ts";
import { createTeiInfoService, createTeiRerankService } from "./tei/tei-services.ts";
import { gzip } from "./wire/gzip.ts";
import { createRpcRouter, type RpcRouter } from "./wire/rpc-protocols.ts";

/** The options of the RPC services. */
export interface RpcOptions {
  readonly models: ServedModels;
  readonly log: Logger;
  readonly limits: ServerLimits;
  /** Changes the models at run time. Default: there is no such service. */
  readonly admin?: ModelAdmin | undefined;
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

/** One RPC that is served. */
export interface Rpc {
  readonly handler: UniversalHandler;
  /** Who may call it where there are API keys: everybody, or callers with one. */
  readonly access: "open" | "key";
  /** Whether it is a probe, which is logged at debug. */
  readonly probe: boolean;
}

/**
 * Returns every RPC by path: our own service, those of text-embeddings-inference, health and
 * reflection, over gRPC, gRPC-Web and Connect.
 */
export function createRpcs(options: RpcOptions): ReadonlyMap<string, Rpc> {
  const { log, limits, admin, shutdownSignal } = options;
  const hasReflection = options.reflectionAccess !== "off";
  const rerankers = [RerankService, tei.Rerank, tei.Info, ...(admin ? [AdminService] : [])];
  const reflection = [reflectionV1.ServerReflection, reflectionV1alpha.ServerReflection];
  const served = [...rerankers, Health, ...(hasReflection ? reflection : [])];
  const names = served.map((service) => service.typeName);
  const router = createRpcRouter({
    interceptors: [createErrorInterceptor(log)],
    jsonOptions,
    readMaxBytes: limits.maxBodyBytes,
    acceptCompression: [gzip],
    compressMinBytes,
    shutdownSignal,
  });
  const ownJson = jsonWithEnumsOf(RerankRequestSchema);
  router.service(RerankService, createRerankService(options), ownJson);
  const teiJson = jsonWithEnumsOf(tei.RerankRequestSchema);
  router.service(tei.Rerank, createTeiRerankService(options), teiJson);
  router.service(tei.Info, createTeiInfoService(options));
  if (admin) router.service(AdminService, createAdminService(admin));
  router.service(Health, createHealthService({ ...options, services: names }));
  if (hasReflection) registerReflection(router, [...rerankers, Health]);
  options.addServices?.(router);
  const open = openMethodsOf(options.reflectionAccess);
  return new Map(router.handlers.map((handler) => [handler.requestPath, rpcOf(handler, open)]));
}

function rpcOf(handler: UniversalHandler, open: readonly DescMethod[]): Rpc {
  const isMethod = ({ parent, name }: DescMethod): boolean =>
    parent.typeName === handler.service.typeName && name === handler.method.name;
  const isOfHealth = handler.service.typeName === Health.typeName;
  return {
    handler,
    access: open.some(isMethod) ? "open" : "key",
    probe: isOfHealth || isMethod(RerankService.method.health),
  };
}

/**
 * Who may ask for the descriptions of the services where there are API keys: everybody, callers with
 * one, or nobody, with or without keys.
 */
export type ReflectionAccess = "open" | "key" | "off";

const probes: readonly DescMethod[] = [
  Health.method.check,
  Health.method.watch,
  RerankService.method.health,
];

const reflection: readonly DescMethod[] = [
  reflectionV1.ServerReflection.method.serverReflectionInfo,
  reflectionV1alpha.ServerReflection.method.serverReflectionInfo,
];

/**
 * Returns the methods that need no API key: those that probes call, and reflection, without which
 * tools such as grpcurl cannot call a probe.
 */
function openMethodsOf(access: ReflectionAccess): readonly DescMethod[] {
  return access === "open" ? [...probes, ...reflection] : probes;
}

/** Decodes the bytes of a JSON message. */
export interface JsonDecoder {
  /** Throws TypeError if the bytes are not UTF-8, or ConnectError INVALID_ARGUMENT. */
  decode(bytes?: Uint8Array): string;
}

interface EnumField {
  readonly name: string;
  /** Matches the field where its value is neither a name of its enum nor a number. */
  readonly pattern: RegExp;
  readonly expected: string;
}

/**
 * Returns a decoder of UTF-8 that makes U+FFFD of lone surrogates, which protobuf-es refuses, and
 * refuses what is no name or number in the enum fields of a message. protobuf-es reads an unknown
 * name as an unknown field where those are ignored, so a request that misspells what it asks for
 * would be answered as if it had not asked.
 *
 * It searches the text, because only that is available before protobuf-es parses it. A key with its
 * quotation marks cannot stand inside a JSON string.
 */
export function createJsonDecoder(message?: DescMessage): JsonDecoder {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const fields = (message?.fields ?? []).flatMap(enumFieldOf);
  return {
    decode(bytes) {
      const text = replaceLoneSurrogates(decoder.decode(bytes));
      for (const { name, pattern, expected } of fields) {
        if (!pattern.test(text)) continue;
        const message = `\`${name}\` must be ${expected}`;
        throw connectErrorOf(new RerankError("invalid_argument", message, { field: name }));
      }
      return text;
    },
  };
}

function enumFieldOf(field: DescField): EnumField[] {
  if (field.fieldKind !== "enum") return [];
  const names = field.enum.values.map(({ name }) => name);
  const keys = `"(?:${field.name}|${field.jsonName})"`;
  const values = `null|-?\\d|"(?:${names.join("|")})"`;
  const pattern = new RegExp(`${keys}\\s*:(?!\\s*(?:${values}))`);
  return [{ name: field.name, pattern, expected: names.join(" or ") }];
}
