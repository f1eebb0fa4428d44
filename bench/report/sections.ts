import { goals } from "./goals.ts";
import { machineOf, machineTable } from "./machines.ts";
import { contestPlots, type Plot, scalingPlots } from "./plots.ts";
import type { FigureResult, RecordedFigure } from "./results.ts";
import {
  agreementTable,
  contestTable,
  coresTable,
  goalsTable,
  lengthsTable,
  offlineEnginesTable,
  offlineTable,
  peersTable,
  resourcesTable,
  scalingTable,
} from "./tables.ts";

/** A part of a page that the report writes, between the markers of its name. */
export interface Section {
  readonly name: string;
  /** Markdown of the table; undefined where there is nothing to write. */
  readonly table: string | undefined;
  /** What stands below the table. */
  readonly plots: readonly Plot[];
  /** Why the part stays as it is; undefined: it is written. */
  readonly left: string | undefined;
}

/** What is known of a section before it is looked at whether it can be written. */
interface Draft {
  readonly name: string;
  /** The results that it shows, in words, and the results. */
  readonly of: string;
  readonly rows: readonly FigureResult[];
  readonly table: string | undefined;
  readonly plots?: readonly Plot[];
}

const loads = ["clients", "documents", "arrivals"];

/** Returns every section that a page may have, written from the results. */
export function sectionsOf(figures: readonly RecordedFigure[]): Section[] {
  const of = (name: string, table: (rows: readonly FigureResult[]) => string | undefined) => {
    const rows = figures.filter(({ figure }) => figure === name);
    return { of: `\`${name}\``, rows, table: table(rows) };
  };
  const contest = of("contest", contestTable);
  const drafts: readonly Draft[] = [
    { name: "bench-machine", of: "any figure", rows: figures, table: machineTable(figures) },
    {
      name: "bench-goals",
      of: "a figure with a goal",
      rows: goals(figures),
      table: goalsTable(figures),
    },
    { name: "bench-contest", ...contest, plots: contestPlots(contest.rows) },
    { name: "bench-agreement", ...of("agreement", agreementTable) },
    { name: "bench-peers", ...of("peers", peersTable) },
    { name: "bench-cores", ...of("cores", coresTable) },
    { name: "bench-resources", ...of("resources", resourcesTable) },
    { name: "bench-lengths", ...of("lengths", lengthsTable) },
    { name: "bench-offline", ...of("offline", offlineTable) },
    { name: "bench-offline-engines", ...of("offline_engines", offlineEnginesTable) },
    ...loads.map((load) => scalingDraft(figures, load)),
  ];
  return drafts.map((draft) => ({
    name: draft.name,
    table: draft.table,
    plots: draft.plots ?? [],
    left: whyLeft(draft),
  }));
}

function scalingDraft(figures: readonly FigureResult[], load: string): Draft {
  const rows = figures.filter((row) => row.figure === "scaling" && row.load === load);
  return {
    name: `bench-${load}`,
    of: `\`scaling\` by ${load}`,
    rows,
    table: scalingTable(rows, load),
    plots: scalingPlots(rows, load),
  };
}

/** A plot compares all that it shows, so it has no place for another model or machine. */
function whyLeft({ of, rows, table, plots = [] }: Draft): string | undefined {
  if (table === undefined) return `there is no result of ${of}`;
  if (plots.length === 0) return undefined;
  const sets = [...new Set(rows.map((row) => `${row.model} on ${machineOf(row) ?? "a machine"}`))];
  if (sets.length === 1) return undefined;
  return `a plot shows one model on one machine, and the results of ${of} are of ${sets.join(", and ")}`;
}
