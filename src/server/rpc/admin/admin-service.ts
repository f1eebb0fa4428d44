import type { ServiceImpl } from "@connectrpc/connect";
import type { AdminService } from "../../../../gen/rerank/v1/admin_service_pb.ts";
import { RerankError } from "../../../errors.ts";
import type { ModelAdmin } from "../../models/model-admin.ts";
import { whileWaiting } from "../rank-call.ts";

/** Returns `rerank.v1.AdminService`. */
export function createAdminService(admin: ModelAdmin): ServiceImpl<typeof AdminService> {
  return {
    loadModel: ({ model }, context) =>
      whileWaiting(context, async (signal) => {
        if (model === undefined) {
          const message = "`model` must be an object of settings, got: nothing";
          throw new RerankError("invalid_argument", message, { field: "model" });
        }
        const { names, replaced } = await admin.load(model, signal);
        const [name, ...aliases] = names;
        return { name, aliases, replaced };
      }),
    async unloadModel({ name }) {
      if (name === "") {
        const message = "`name` must not be empty";
        throw new RerankError("invalid_argument", message, { field: "name" });
      }
      await admin.unload(name);
      return {};
    },
  };
}
