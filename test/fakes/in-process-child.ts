import { loadReranker, RerankError } from "../../src/index.ts";

// Ends by itself only if nothing of the model is left.
await using reranker = await loadReranker({
  model: "bundled",
  threads: 1,
  spinning: false,
  offline: true,
});
const { results } = await reranker.rerank({
  query: "red fruit",
  documents: ["a blue car", "a red apple"],
});
const refused = await reranker
  .rerank({ query: "", documents: [] })
  .catch((error: unknown) => error);
process.stdout.write(
  JSON.stringify({
    info: reranker.info,
    order: results.map(({ index }) => index),
    field: refused instanceof RerankError ? refused.field : undefined,
    telemetry: process.env.ORT_DISABLE_TELEMETRY,
    signals: process.listenerCount("SIGTERM") + process.listenerCount("SIGINT"),
  }),
);
