import { shorten } from "../../../characters.ts";
import { RerankError } from "../../../errors.ts";
import type { ServedModel } from "../../models/served-models.ts";
import { createdNow } from "../answer-parts.ts";
import type { RouteContext, RouteOptions } from "../route.ts";
import type { JsonAnswer } from "../send-json.ts";

/** Most characters of an unknown name that a message repeats. */
const maxEchoChars = 100;

/** The handlers of the two routes that list the names of the served models. */
export interface ModelHandlers {
  list(): Promise<JsonAnswer>;
  get(context: RouteContext): Promise<JsonAnswer>;
}

/**
 * Returns the handlers of `/v1/models`, in OpenAI's shape with vLLM's and Xinference's fields: an
 * entry for each name that requests may ask for.
 */
export function createModelHandlers({ models }: RouteOptions): ModelHandlers {
  const created = createdNow();
  const entryOf = (id: string, { names: [root], health }: ServedModel): object => ({
    id,
    object: "model",
    created,
    owned_by: "rerankd",
    root,
    parent: null,
    max_model_len: health.report.maxLength,
    model_name: id,
    model_type: "rerank",
  });
  return {
    async list() {
      const data = models.all.flatMap((model) => model.names.map((name) => entryOf(name, model)));
      return { status: 200, body: { object: "list", data } };
    },
    async get({ pathId }) {
      const model = models.find(pathId);
      if (model && pathId !== "") return { status: 200, body: entryOf(pathId, model) };
      const served = models.names.map((name) => `\`${name}\``).join(", ");
      const asked = shorten(pathId, maxEchoChars);
      const message = `the model must be one that is served (${served}), got: \`${asked}\`; the server's \`--served-model-name\` allows further names`;
      throw new RerankError("not_found", message, { field: "model" });
    },
  };
}
