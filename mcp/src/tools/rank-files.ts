import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import type { Ranker } from "../ranker.ts";
import { readFiles } from "../read-files.ts";
import { answerOf, rankingInput } from "./tool-parts.ts";

/** The default number of results. */
const defaultTopN = 10;

/** Longest text of a result, in code points. */
const maxExcerptChars = 1000;

/** Registers the tool that orders text files below the roots. */
export function registerRankFiles(
  server: McpServer,
  ranker: Ranker,
  roots: readonly string[],
): void {
  server.registerTool(
    "rank_files",
    {
      title: "Rank files",
      description:
        "Orders text files by how well they answer a query, and shows the part of each that does best. Takes files and folders; hidden files and node_modules are left out.",
      inputSchema: {
        ...rankingInput,
        paths: z
          .array(z.string().min(1))
          .min(1)
          .describe("Files and folders, absolute or from the working folder."),
        top_n: rankingInput.top_n.describe(`Most results. Default: ${defaultTopN}.`),
        long_documents: rankingInput.long_documents.describe(
          "windows: read files to their end (default); truncate: only their start, which is faster.",
        ),
      },
      outputSchema: {
        model: z.string(),
        results: z
          .array(
            z.object({
              path: z.string(),
              relevance_score: z.number(),
              line: z.number().int().describe("Where `text` begins, from 1."),
              text: z.string().describe("The best part, or the start of the file."),
            }),
          )
          .describe("From most to least relevant."),
        skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
      },
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
    },
    async (input, { signal }) => {
      const { query, paths, top_n = defaultTopN, score_threshold } = input;
      const { long_documents = "windows" } = input;
      const { files, skipped } = await readFiles(paths, { roots, signal });
      if (files.length === 0) throw new Error("paths name no text file that can be read");
      const { model, results } = await ranker.rerank(
        {
          query,
          documents: files.map(({ text }) => text),
          topN: top_n,
          scoreThreshold: score_threshold,
          longDocuments: long_documents,
        },
        { signal },
      );
      return answerOf({
        model,
        results: results.flatMap(({ index, relevanceScore, passage }) => {
          const file = files[index];
          if (file === undefined) return [];
          const { line, text } = excerptOf(file.text, passage);
          return [{ path: file.path, relevance_score: relevanceScore, line, text }];
        }),
        skipped: [...skipped],
      });
    },
  );
}

function excerptOf(
  text: string,
  passage: { readonly start: number; readonly end: number } | undefined,
): { readonly line: number; readonly text: string } {
  const { start, end } = passage ?? { start: 0, end: maxExcerptChars };
  // Passages count code points, strings UTF-16 units.
  const characters = [...text];
  const before = characters.slice(0, start).join("");
  const excerpt = characters.slice(start, Math.min(end, start + maxExcerptChars)).join("");
  return { line: before.split("\n").length, text: excerpt };
}
