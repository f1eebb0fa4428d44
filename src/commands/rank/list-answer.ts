import { documentAnswerOf } from "../../server/http/ranking-fields.ts";
import { type InputId, idOf } from "../files/input-id.ts";
import type { Ranking } from "../open-ranker.ts";
import type { InputList } from "./read-list.ts";
import type { ByteLine } from "./split-lines.ts";

/** Returns the line of a ranked list: its `id`, or else the number of its line, and the results. */
export function rankedLine(
  { number }: ByteLine,
  id: InputId | undefined,
  { request, sentDocuments, returnDocuments }: InputList,
  { results, queryTruncated }: Ranking,
): string {
  const answer = {
    ...nameOf(number, id),
    results: results.map(({ index, relevanceScore, truncated, passage }) => {
      const sent = sentDocuments[index];
      return {
        index,
        relevance_score: relevanceScore,
        id: idOf(sent),
        ...(returnDocuments && {
          document: documentAnswerOf(sent, request.documents[index] ?? ""),
        }),
        ...(truncated && { truncated }),
        passage,
      };
    }),
    ...(queryTruncated && { query_truncated: true }),
  };
  return `${JSON.stringify(answer)}\n`;
}

/** Returns the line about a line that cannot be ranked: where it is, and why. */
export function refusedLine(
  { number, offset }: ByteLine,
  id: InputId | undefined,
  reason: string,
): string {
  return `${JSON.stringify({ id, line: number, offset, error: reason })}\n`;
}

function nameOf(line: number, id: InputId | undefined) {
  return id === undefined ? { line } : { id };
}
