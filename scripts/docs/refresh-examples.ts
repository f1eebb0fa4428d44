import { describedRoutes } from "../../page/described-routes.ts";

/** Fields of an answer that are different each time, of which the examples have round numbers. */
const freshFields: ReadonlySet<string> = new Set(["timings"]);

/**
 * Returns the source of the API description's examples with the scores that the server at `url` gives
 * now. A score is told by its fraction; other numbers stay.
 */
export async function refreshExamples(source: string, url: string): Promise<string> {
  let text = source;
  for (const { path, doc } of describedRoutes()) {
    for (const { body, answer } of doc.body?.examples ?? []) {
      const response = await fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      for (const [shown, score] of scoresOf(answer, await response.json())) {
        text = text.replaceAll(String(shown), String(score));
      }
    }
  }
  return text;
}

/** Yields the scores that an example shows, each with the one that came. */
function* scoresOf(shown: unknown, came: unknown): Generator<[number, number]> {
  if (typeof shown === "number" && typeof came === "number") {
    if (!Number.isInteger(shown)) yield [shown, came];
    return;
  }
  if (typeof shown !== "object" || shown === null) return;
  for (const [key, value] of Object.entries(shown)) {
    if (freshFields.has(key)) continue;
    yield* scoresOf(value, (came as Readonly<Record<string, unknown>> | null)?.[key]);
  }
}
