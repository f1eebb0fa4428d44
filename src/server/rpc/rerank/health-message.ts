import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HealthResponseSchema } from "../../../../gen/rerank/v1/rerank_service_pb.ts";
import type { ServedModels } from "../../models/served-models.ts";

/** Returns the health of the server and of each of its models. */
export function healthMessageOf(
  models: ServedModels,
): MessageInitShape<typeof HealthResponseSchema> {
  return {
    ...models.health.report,
    models: models.all.map(({ names: [name, ...aliases], health }) => ({
      ...health.report,
      name,
      aliases,
    })),
  };
}
