import type { DescMethod } from "@bufbuild/protobuf";
import { Health } from "../../../gen/grpc/health/v1/health_pb.ts";
import * as reflectionV1 from "../../../gen/grpc/reflection/v1/reflection_pb.ts";
import * as reflectionV1alpha from "../../../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { RerankService } from "../../../gen/rerank/v1/rerank_service_pb.ts";

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
 * Returns the paths of the RPCs that need no API key: those that probes call, and reflection, without
 * which tools such as grpcurl cannot call a probe.
 */
export function openRpcPathsOf(access: ReflectionAccess): ReadonlySet<string> {
  const open = access === "open" ? [...probes, ...reflection] : probes;
  return new Set(open.map(({ parent, name }) => `/${parent.typeName}/${name}`));
}
