import type { DescMethod } from "@bufbuild/protobuf";
import { Health } from "../../../gen/grpc/health/v1/health_pb.ts";
import { RerankService } from "../../../gen/rerank/v1/rerank_service_pb.ts";

const probes: readonly DescMethod[] = [
  Health.method.check,
  Health.method.watch,
  RerankService.method.health,
];

/** Paths of the RPCs that need no API key: those that probes call. */
export const openRpcPaths: ReadonlySet<string> = new Set(
  probes.map(({ parent, name }) => `/${parent.typeName}/${name}`),
);
