import { createCohere } from "@ai-sdk/cohere";
import { rerank } from "ai";
import { answerOf, type RealClient } from "../real-client.ts";
import { versionOf } from "./version-of.ts";

/** `rerank` of the AI SDK with its Cohere provider. */
export const aiSdk: RealClient = {
  name: "AI SDK `rerank`",
  registry: "npm",
  package: "@ai-sdk/cohere",
  version: versionOf("@ai-sdk/cohere"),
  without: { documents: "takes them from the call" },
  mute: [],
  rerank: (call) =>
    answerOf(async () => {
      const provider = createCohere({ apiKey: "unused", baseURL: `${call.url}/v2` });
      const { model, query, documents, topN, retries } = call;
      const { ranking } = await rerank({
        model: provider.reranking(model),
        query,
        documents: [...documents],
        ...(topN !== undefined && { topN }),
        ...(retries !== undefined && { maxRetries: retries }),
      });
      return ranking.map(({ originalIndex, score }) => ({ index: originalIndex, score }));
    }),
};
