import { z } from "zod";

/** The arguments that both tools take. */
export const rankingInput = {
  query: z.string().min(1).describe("The question or search, in plain words."),
  top_n: z.number().int().min(1).optional().describe("Most results. Default: all."),
  score_threshold: z
    .number()
    .optional()
    .describe("Leave out results below this score; scores are usually between 0 and 1."),
  long_documents: z
    .enum(["truncate", "windows"])
    .optional()
    .describe("truncate: read the start of long texts (default); windows: read them to their end."),
};

/** Returns the answer of a tool: structured, and as JSON for clients that read text. */
export function answerOf<Answer extends Record<string, unknown>>(answer: Answer) {
  return {
    content: [{ type: "text" as const, text: JSON.stringify(answer) }],
    structuredContent: answer,
  };
}
