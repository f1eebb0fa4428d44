import type { DescMethodServerStreaming, DescService } from "@bufbuild/protobuf";
import { createServiceImplSpec, type MethodImplSpec, type ServiceImpl } from "@connectrpc/connect";
import {
  createUniversalServiceHandlers,
  type ProtocolHandlerFactory,
  type UniversalHandler,
  type UniversalHandlerOptions,
  validateUniversalHandlerOptions,
} from "@connectrpc/connect/protocol";
import { createHandlerFactory as createConnectFactory } from "@connectrpc/connect/protocol-connect";
import { createHandlerFactory as createGrpcFactory } from "@connectrpc/connect/protocol-grpc";
import { createHandlerFactory as createGrpcWebFactory } from "@connectrpc/connect/protocol-grpc-web";
import { createConnectUnaryHandler } from "./connect-unary.ts";

/** Registers services and makes a handler for each of their methods. */
export interface RpcRouter {
  readonly handlers: readonly UniversalHandler[];
  /** Adds a service; `options` are laid over those of the router. */
  service<Service extends DescService>(
    service: Service,
    implementation: Partial<ServiceImpl<Service>>,
    options?: Partial<UniversalHandlerOptions>,
  ): void;
}

/**
 * Returns a router whose handlers speak gRPC, gRPC-Web and Connect. In Connect's own router, which
 * it replaces, a request with one message is decoded before the interceptors, so its errors would
 * pass by them.
 */
export function createRpcRouter(options: Partial<UniversalHandlerOptions>): RpcRouter {
  const handlers: UniversalHandler[] = [];
  return {
    handlers,
    service(service, implementation, further) {
      const all = validateUniversalHandlerOptions({ ...options, ...further });
      const spec = createServiceImplSpec(service, implementation);
      handlers.push(...createUniversalServiceHandlers(spec, protocolsOf(all)));
    },
  };
}

function protocolsOf(options: UniversalHandlerOptions): ProtocolHandlerFactory[] {
  const grpc = createGrpcFactory(options);
  const grpcWeb = createGrpcWebFactory(options);
  const connect = createConnectFactory(options);
  return [
    named(grpc.protocolName, (spec) => grpc(withLateDecoding(spec))),
    named(grpcWeb.protocolName, (spec) => grpcWeb(withLateDecoding(spec))),
    named(connect.protocolName, (spec) =>
      spec.kind === "unary"
        ? createConnectUnaryHandler(connect(spec), spec, options)
        : connect(spec),
    ),
  ];
}

function named(
  protocolName: string,
  create: (spec: MethodImplSpec) => UniversalHandler,
): ProtocolHandlerFactory {
  return Object.assign(create, { protocolName });
}

/**
 * Returns a method with one answer as one with a stream of answers, which gRPC writes alike: then
 * the request is decoded within the interceptors.
 */
function withLateDecoding(spec: MethodImplSpec): MethodImplSpec {
  if (spec.kind !== "unary") return spec;
  const { method, impl } = spec;
  return {
    kind: "server_streaming",
    // Read for its types of messages and its path alone.
    method: method as unknown as DescMethodServerStreaming,
    async *impl(request, context) {
      yield await impl(request, context);
    },
  };
}
