import type { BenchModel } from "../../bench-model.ts";
import { type Cell, cellsOf, nameOfCell } from "../../contenders/cells.ts";
import type { RunningContender } from "../../contenders/contender.ts";
import { startRerankd } from "../../contenders/rerankd.ts";
import { runClosedLoop } from "../../load/closed-loop.ts";
import { createRandom, shuffle } from "../../random.ts";
import { median, quantile, round3 } from "../../statistics.ts";
import {
  type BenchContext,
  contenderContext,
  type FigureGroup,
  loadClients,
  loadCorpus,
  withRunning,
} from "../figure.ts";

/** Models of three widths: what the rule that divides the cores depends on. */
const models = ["bundled", "minilm", "base"];

/** One client, whose requests are spread over the workers, and a load. */
const clientCounts = [1, loadClients];

/** Most rounds: each loads every cell of every model. */
const maxRounds = 3;

/** What the rounds measured in one cell with a number of clients. */
interface Measured {
  readonly cell: Cell;
  readonly clients: number;
  readonly documentsPerSecond: number[];
  readonly latenciesMs: number[];
}

/**
 * How fast the server is by workers and threads, and how far what it chooses by itself is from the
 * best.
 */
export const cores: FigureGroup = {
  figures: ["cores"],
  quick: false,
  async run(context) {
    const { settings, model, log } = context;
    const wanted = settings.model === undefined ? models : [model.name];
    for (const name of wanted) {
      const found = name === model.name ? model : await context.findModel(name).catch(explain);
      if (found) await measureModel(context, found);

      function explain(error: unknown): undefined {
        log(`cores: ${name} is left out: ${error instanceof Error ? error.message : error}`);
      }
    }
  },
};

async function measureModel(context: BenchContext, model: BenchModel): Promise<void> {
  const { settings, log } = context;
  const given = { ...contenderContext(context, model), dtype: model.autoDtype };
  const chosen = await withRunning(
    () => startRerankd({ ...given, threadsAsked: false }),
    readChosenCell,
  );
  const cells = cellsOf(settings.threads);
  const isKnown = cells.some((cell) => nameOfCell(cell) === nameOfCell(chosen));
  const all = isKnown ? cells : [...cells, chosen];
  const measured: Measured[] = all.flatMap((cell) =>
    clientCounts.map((clients) => ({ cell, clients, documentsPerSecond: [], latenciesMs: [] })),
  );
  const servers: { readonly cell: Cell; readonly server: RunningContender }[] = [];
  const random = createRandom(settings.seed);
  const rounds = Math.min(maxRounds, settings.rounds);
  try {
    for (const cell of all) servers.push({ cell, server: await startRerankd({ ...given, cell }) });
    for (let round = 1; round <= rounds; round += 1) {
      for (const { cell, server } of shuffle(random, servers)) {
        for (const one of measured.filter((entry) => entry.cell === cell)) {
          await measureCell(context, server, one);
        }
      }
      log(`cores: ${model.name}, round ${round} of ${rounds}`);
    }
  } finally {
    for (const { server } of servers) await server.stop();
  }
  for (const clients of clientCounts) {
    const rows = measured.filter((one) => one.clients === clients);
    recordRows(context, { model, chosen, rows, rounds });
  }
}

/** Returns what the server chose, as its health tells. */
async function readChosenCell({ server }: RunningContender): Promise<Cell> {
  const answer = await fetch(`${server?.url}/health`);
  const { workers, threads } = (await answer.json()) as Cell;
  return { workers, threads };
}

async function measureCell(
  context: BenchContext,
  { rerank }: RunningContender,
  { clients, documentsPerSecond, latenciesMs }: Measured,
): Promise<void> {
  const requests = loadCorpus(context);
  const { pointMs: durationMs } = context.settings;
  const load = await runClosedLoop({ rerank, requests, clients, durationMs });
  documentsPerSecond.push(load.documentsPerSecond);
  latenciesMs.push(...load.latenciesMs);
}

function recordRows(
  context: BenchContext,
  options: {
    readonly model: BenchModel;
    readonly chosen: Cell;
    /** Those of one number of clients. */
    readonly rows: readonly Measured[];
    readonly rounds: number;
  },
): void {
  const { model, chosen, rows, rounds } = options;
  const rateOf = ({ documentsPerSecond }: Measured) => median(documentsPerSecond);
  const best = rows.reduce((one, other) => (rateOf(other) > rateOf(one) ? other : one));
  for (const row of rows) {
    const isAuto = nameOfCell(row.cell) === nameOfCell(chosen);
    context.record({
      figure: "cores",
      model: model.name,
      dtype: model.autoDtype,
      rounds,
      clients: row.clients,
      point: nameOfCell(row.cell),
      documents_per_second: round3(rateOf(row)),
      p50_ms: round3(quantile(row.latenciesMs, 0.5)),
      of_best: round3(rateOf(row) / rateOf(best)),
      auto: isAuto,
    });
    if (!isAuto) continue;
    const share = `${round3((rateOf(row) / rateOf(best)) * 100)}%`;
    const clients = `${row.clients} client${row.clients === 1 ? "" : "s"}`;
    context.log(
      `cores: ${model.name} at ${clients}: auto is ${nameOfCell(chosen)}, ${share} of the best, ${nameOfCell(best.cell)}`,
    );
  }
}
