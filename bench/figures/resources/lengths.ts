import { rerankdCommand } from "../../contenders/rerankd.ts";
import { cutDocument } from "../../corpus/corpus.ts";
import { createHttpClient } from "../../load/http-client.ts";
import { startChildServer } from "../../process/child-server.ts";
import { createRandom, type Random } from "../../random.ts";
import { median, round3 } from "../../statistics.ts";
import {
  type BenchContext,
  contenderContext,
  type FigureGroup,
  usualDocuments,
  withRunning,
} from "../figure.ts";

/** Words of each of the ten documents. */
const lengths = [10, 30, 60, 200, 350] as const;

/** Characters of a token of English, at most: enough text is cut for the longest document. */
const tokensOfText = 800;

const wordBreak = /\s+/;

/** How long one request of ten English documents takes alone, by their length in words. */
export const documentLengths: FigureGroup = {
  figures: ["lengths"],
  quick: false,
  async run(context) {
    const { model } = context;
    const given = { ...contenderContext(context, model), dtype: model.autoDtype };
    await withRunning(
      async () => {
        const server = await startChildServer(rerankdCommand(given));
        const client = createHttpClient(server.url);
        return {
          post: (body: string) => client.post("/rerank", body),
          async stop() {
            client.close();
            await server.stop();
          },
        };
      },
      async ({ post }) => {
        const random = createRandom(context.settings.seed);
        for (const words of lengths) await measure(context, { words, random, post });
      },
    );
  },
};

interface Measurement {
  readonly words: number;
  readonly random: Random;
  post(body: string): Promise<{ readonly body: string }>;
}

/** Sends requests of documents that differ each time, since scores are kept. */
async function measure(context: BenchContext, { words, random, post }: Measurement): Promise<void> {
  const times: number[] = [];
  const tokens: number[] = [];
  // The first one is not counted: it may be the first of its shape.
  for (let sent = 0; sent <= context.settings.probes; sent += 1) {
    const body = JSON.stringify(requestOf(context, words, random));
    const startedMs = performance.now();
    const answer = await post(body);
    if (sent === 0) continue;
    times.push(performance.now() - startedMs);
    tokens.push(Number(JSON.parse(answer.body).usage.total_tokens));
  }
  context.record({
    figure: "lengths",
    model: context.model.name,
    dtype: context.model.autoDtype,
    point: words,
    tokens: Math.round(median(tokens)),
    p50_ms: round3(median(times)),
    min_ms: round3(Math.min(...times)),
    max_ms: round3(Math.max(...times)),
  });
}

function requestOf({ passages }: BenchContext, words: number, random: Random) {
  const pool = passages.pools.find(({ language }) => language === "en");
  if (pool === undefined) throw new Error("there is no text in `en`");
  const textOf = (count: number) =>
    cutDocument(pool, tokensOfText, random).split(wordBreak).slice(0, count).join(" ");
  return {
    query: textOf(6),
    documents: Array.from({ length: usualDocuments }, () => textOf(words)),
  };
}
