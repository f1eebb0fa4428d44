import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import type { Ranker } from "../ranker.ts";
import { answerOf, rankingInput } from "./tool-parts.ts";

/** Registers the tool `rerank`, which orders texts of the caller. */
export function registerRerank(server: McpServer, ranker: Ranker): void {
  server.registerTool(
    "rerank",
    {
      title: "Rerank texts",
      description:
        "Orders texts by how well they answer a query, with a cross-encoder: better than keyword or embedding search for choosing among up to some hundred candidates. Works in many languages.",
      inputSchema: {
        ...rankingInput,
        documents: z.array(z.string().min(1)).min(1).describe("The texts to order."),
      },
      outputSchema: {
        model: z.string(),
        results: z
          .array(
            z.object({
              index: z.number().int().describe("Position in `documents`, from 0."),
              relevance_score: z.number(),
              text: z.string(),
              truncated: z.boolean().optional().describe("Whether the text was cut to be read."),
            }),
          )
          .describe("From most to least relevant."),
      },
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    async ({ query, documents, top_n, score_threshold, long_documents }, { signal }) => {
      const { model, results } = await ranker.rerank(
        {
          query,
          documents,
          topN: top_n,
          scoreThreshold: score_threshold,
          longDocuments: long_documents,
        },
        { signal },
      );
      return answerOf({
        model,
        results: results.map(({ index, relevanceScore, truncated }) => ({
          index,
          relevance_score: relevanceScore,
          text: documents[index] ?? "",
          ...(truncated ? { truncated } : {}),
        })),
      });
    },
  );
}
