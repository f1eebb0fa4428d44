import { barChart } from "./bar-chart.ts";
import { type LineChartOptions, lineChart } from "./line-chart.ts";
import type { FigureResult } from "./results.ts";
import type { Theme } from "./svg.ts";

/** A plot, drawn once for each theme. */
export interface Plot {
  /** File name without theme and ending. */
  readonly name: string;
  /** What it shows, for those who cannot see it. */
  readonly title: string;
  draw(theme: Theme): string;
}

/** Colours: this project's own, the ceiling, and the others. */
const ownSeries = 0;
const ceilingSeries = 1;
const rivalSeries = 2;

/** Returns the plots that the measured figures allow. */
export function plotsOf(figures: readonly FigureResult[]): Plot[] {
  const scaling = figures.filter(({ figure }) => figure === "scaling");
  const of = (load: string) => scaling.filter((point) => point.load === load);
  const about = describeModel(scaling[0]);
  return [
    ...contenderPlot(figures),
    ...curve("clients", of("clients"), {
      title: `Throughput over clients${about}`,
      xLabel: "clients, each waiting for its answer",
      yLabel: "documents/s",
      logX: true,
      fields: { "documents/s": "documents_per_second" },
    }),
    ...curve("clients-latency", of("clients"), {
      title: `Latency over clients${about}`,
      xLabel: "clients, each waiting for its answer",
      yLabel: "time of a 10-document request, ms",
      logX: true,
      fields: { p50: "p50_ms", p95: "p95_ms" },
    }),
    ...curve("documents", of("documents"), {
      title: `Latency over documents${about}`,
      xLabel: "documents in the request, one client",
      yLabel: "time of a request, ms",
      logX: true,
      logY: true,
      fields: { p50: "p50_ms", p95: "p95_ms" },
    }),
    ...curve("arrivals", of("arrivals"), {
      title: `Latency over the rate of arrivals${about}`,
      xLabel: "arrivals as a share of capacity, at random times",
      yLabel: "time of a 10-document request, ms",
      fields: { p50: "p50_ms", p95: "p95_ms" },
    }),
  ];
}

function describeModel(figure: FigureResult | undefined): string {
  return figure === undefined ? "" : ` (${figure.model} model, ${figure.dtype})`;
}

function contenderPlot(figures: readonly FigureResult[]): Plot[] {
  const rows = figures.filter(({ figure }) => figure === "contest");
  if (rows.length === 0) return [];
  const bars = rows
    .map((row) => ({
      label: String(row.contender).startsWith("rerankd")
        ? String(row.contender)
        : `${row.contender}${String(row.contender).endsWith(String(row.dtype)) ? "" : ` ${row.dtype}`}`,
      value: Number(row.documents_per_second),
      min: Number(row.min_documents_per_second),
      max: Number(row.max_documents_per_second),
      series: seriesOf(String(row.contender)),
    }))
    .sort((a, b) => b.value - a.value);
  const title = `Documents of mixed lengths scored in a second (${rows[0]?.model} model)`;
  const valueLabel = "documents/s at 8 clients: median, and the line from slowest to fastest round";
  return [
    { name: "contest", title, draw: (theme) => barChart({ title, valueLabel, bars }, theme) },
  ];
}

function seriesOf(contender: string): number {
  if (contender.startsWith("rerankd")) return ownSeries;
  return contender.startsWith("bare") ? ceilingSeries : rivalSeries;
}

interface CurveOptions extends Omit<LineChartOptions, "lines"> {
  /** The lines by label, and the field that holds their values. */
  readonly fields: Readonly<Record<string, string>>;
}

function curve(name: string, rows: readonly FigureResult[], options: CurveOptions): Plot[] {
  if (rows.length === 0) return [];
  const { fields, ...chart } = options;
  const sorted = rows.toSorted((a, b) => Number(a.point) - Number(b.point));
  const lines = Object.entries(fields).map(([label, field]) => ({
    label,
    points: sorted.map((row) => ({ x: Number(row.point), y: Number(row[field]) })),
  }));
  return [{ name, title: options.title, draw: (theme) => lineChart({ ...chart, lines }, theme) }];
}
