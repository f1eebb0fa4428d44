import { CohereClient, CohereClientV2 } from "cohere-ai";
import { answerOf, type ClientCall, type RealClient } from "../real-client.ts";
import { versionOf } from "./version-of.ts";

/** `CohereClient` of cohere-ai: the first version of the API. */
export const cohereClient: RealClient = {
  name: "`CohereClient`",
  registry: "npm",
  package: "cohere-ai",
  version: versionOf("cohere-ai"),
  without: {},
  mute: [],
  rerank: (call) =>
    answerOf(async () => {
      const client = new CohereClient({ token: "unused", baseUrl: call.url });
      const { model, query, documents, topN, returnDocuments } = call;
      const { results } = await client.rerank(
        {
          model,
          query,
          documents: [...documents],
          ...(topN !== undefined && { topN }),
          ...(returnDocuments !== undefined && { returnDocuments }),
        },
        retriesOf(call),
      );
      return results.map(({ index, relevanceScore, document }) => ({
        index,
        score: relevanceScore,
        text: document?.text,
      }));
    }),
};

/** `CohereClientV2` of cohere-ai: the second version of the API. */
export const cohereClientV2: RealClient = {
  name: "`CohereClientV2`",
  registry: "npm",
  package: "cohere-ai",
  version: versionOf("cohere-ai"),
  without: { documents: "the API has no such field" },
  mute: [],
  rerank: (call) =>
    answerOf(async () => {
      const client = new CohereClientV2({ token: "unused", baseUrl: call.url });
      const { model, query, documents, topN } = call;
      const { results } = await client.rerank(
        { model, query, documents: [...documents], ...(topN !== undefined && { topN }) },
        retriesOf(call),
      );
      return results.map(({ index, relevanceScore }) => ({ index, score: relevanceScore }));
    }),
};

function retriesOf({ retries }: ClientCall) {
  return retries === undefined ? {} : { maxRetries: retries };
}
