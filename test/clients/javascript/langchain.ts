import { createRequire } from "node:module";
import { CohereRerank } from "@langchain/cohere";
import { Document } from "@langchain/core/documents";
import { answerOf, type RealClient } from "../real-client.ts";
import { versionOf } from "./version-of.ts";

/** LangChain depends on an older cohere-ai than ours, and takes only that one's client. */
const { CohereClient } = createRequire(import.meta.resolve("@langchain/cohere"))("cohere-ai") as {
  readonly CohereClient: new (options: {
    readonly token: string;
    readonly environment: string;
    readonly maxRetries?: number;
  }) => CohereRerank["client"];
};

/** `CohereRerank` of LangChain, which compresses documents with cohere-ai's `CohereClient`. */
export const langChain: RealClient = {
  name: "LangChain `CohereRerank`",
  registry: "npm",
  package: "@langchain/cohere",
  version: versionOf("@langchain/cohere"),
  without: { documents: "takes them from the call" },
  mute: [],
  rerank: (call) =>
    answerOf(async () => {
      const { url, model, query, documents, topN = documents.length, retries } = call;
      const client = new CohereClient({
        token: "unused",
        environment: url,
        ...(retries !== undefined && { maxRetries: retries }),
      });
      const reranker = new CohereRerank({ client, model, topN });
      const compressed = await reranker.compressDocuments(
        documents.map((pageContent, index) => new Document({ pageContent, metadata: { index } })),
        query,
      );
      return compressed.map(({ metadata }) => ({
        index: Number(metadata.index),
        score: Number(metadata.relevanceScore),
      }));
    }),
};
