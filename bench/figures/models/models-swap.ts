import { rerankdCommand } from "../../contenders/rerankd.ts";
import { createHttpClient, type HttpClient } from "../../load/http-client.ts";
import { startChildServer } from "../../process/child-server.ts";
import { quantile, round3 } from "../../statistics.ts";
import { contenderContext, type FigureGroup, loadClients, withRunning } from "../figure.ts";

/** Requests that are sent while the model is swapped again and again. */
const requests = 10_000;

/** The API key that the server is started with. */
const key = "a-key-of-the-benchmark";

const headers = { authorization: `Bearer ${key}` };

/** A request that is short, so that many meet each swap. */
const body = JSON.stringify({ query: "red fruit", documents: ["an apple", "a blue bus"] });

/** How many requests fail while a model is swapped for another one. */
export const modelsSwap: FigureGroup = {
  figures: ["models_swap"],
  quick: false,
  async run(context) {
    const { model, log, record } = context;
    const { args, env, ...command } = rerankdCommand({
      ...contenderContext(context, model),
      dtype: model.autoDtype,
      flags: ["--admin=on"],
    });
    const options = { ...command, args, env: { ...env, RERANKER_API_KEY: key } };
    await withRunning(
      () => startChildServer(options),
      async (server) => {
        const client = createHttpClient(server.url);
        try {
          const { failed, swaps, latenciesMs } = await swapUnderLoad(client, model.folder, log);
          record({
            figure: "models_swap",
            model: model.name,
            dtype: model.autoDtype,
            failed,
            requests,
            swaps,
            clients: loadClients,
            p50_ms: round3(quantile(latenciesMs, 0.5)),
            p99_ms: round3(quantile(latenciesMs, 0.99)),
          });
        } finally {
          client.close();
        }
      },
    );
  },
};

/** Swaps the model for itself, one time after the other, until all requests were sent. */
async function swapUnderLoad(
  client: HttpClient,
  folder: string,
  log: (text: string) => void,
): Promise<{ readonly failed: number; readonly swaps: number; readonly latenciesMs: number[] }> {
  const latenciesMs: number[] = [];
  let [sent, failed, swaps] = [0, 0, 0];
  const clients = Array.from({ length: loadClients }, async () => {
    while (sent < requests) {
      sent += 1;
      const sentMs = performance.now();
      await client.post("/rerank", body, { headers }).catch((error: unknown) => {
        failed += 1;
        log(`failed: ${error}`);
      });
      latenciesMs.push(performance.now() - sentMs);
    }
  });
  const loading = JSON.stringify({ model: { id: folder, device: "cpu" } });
  while (sent < requests) {
    await client.post("/rerank.v1.AdminService/LoadModel", loading, { headers });
    swaps += 1;
    log(`${swaps} swaps, ${sent} requests`);
  }
  await Promise.all(clients);
  return { failed, swaps, latenciesMs };
}
