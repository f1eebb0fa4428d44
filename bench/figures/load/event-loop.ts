import { setTimeout as wait } from "node:timers/promises";
import { startRerankd } from "../../contenders/rerankd.ts";
import { runClosedLoop } from "../../load/closed-loop.ts";
import type { ChildServer } from "../../process/child-server.ts";
import { median, round3 } from "../../statistics.ts";
import {
  contenderContext,
  type FigureGroup,
  loadClients,
  loadCorpus,
  withRunning,
} from "../figure.ts";

/** What the monitor prints. */
interface LoopDelay {
  readonly p99_ms: number;
  readonly max_ms: number;
}

const pollMs = 5;
/** Longest to wait for the monitor's line, in ms. */
const maxWaitMs = 10_000;

/** How late the server's event loop is at full load. */
export const eventLoop: FigureGroup = {
  figures: ["event_loop_p99_ms"],
  quick: true,
  async run(context) {
    const { model, settings } = context;
    const dtype = model.autoDtype;
    const requests = loadCorpus(context);
    const delays = await withRunning(
      () => startRerankd({ ...contenderContext(context, model), dtype, watchLoop: true }),
      async ({ rerank, server }) => {
        if (server === undefined) throw new Error("the server has no process");
        await runClosedLoop({ rerank, requests, clients: loadClients });
        const rounds: LoopDelay[] = [];
        await readLoopDelay(server);
        for (let round = 0; round < settings.rounds; round += 1) {
          await runClosedLoop({
            rerank,
            requests,
            clients: loadClients,
            durationMs: settings.roundMs,
          });
          rounds.push(await readLoopDelay(server));
        }
        return rounds;
      },
    );
    context.record({
      figure: "event_loop_p99_ms",
      model: model.name,
      dtype,
      p99_ms: round3(median(delays.map(({ p99_ms }) => p99_ms))),
      max_ms: round3(Math.max(...delays.map(({ max_ms }) => max_ms))),
      clients: loadClients,
    });
  },
};

/** Returns the delay since the last call, and starts anew. */
async function readLoopDelay(server: ChildServer): Promise<LoopDelay> {
  const before = server.lines.length;
  server.signal("SIGUSR2");
  const startedMs = performance.now();
  while (performance.now() - startedMs < maxWaitMs) {
    const line = server.lines.slice(before).find((text) => text.includes('"bench":"event-loop"'));
    if (line !== undefined) return JSON.parse(line) as LoopDelay;
    await wait(pollMs);
  }
  throw new Error("the event loop's monitor does not answer");
}
