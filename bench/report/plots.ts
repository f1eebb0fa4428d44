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

/** Returns the plots of one of the scaling curves, drawn through points of one model. */
export function scalingPlots(points: readonly FigureResult[], load: string): Plot[] {
  const about = describeModel(points[0]);
  switch (load) {
    case "clients":
      return [
        ...curve("clients", points, {
          title: `Throughput over clients${about}`,
          xLabel: "clients, each waiting for its answer",
          yLabel: "documents/s",
          logX: true,
          fields: { "documents/s": "documents_per_second" },
        }),
        ...curve("clients-latency", points, {
          title: `Latency over clients${about}`,
          xLabel: "clients, each waiting for its answer",
          yLabel: "time of a 10-document request, ms",
          logX: true,
          fields: { p50: "p50_ms", p95: "p95_ms" },
        }),
      ];
    case "documents":
      return curve("documents", points, {
        title: `Latency over documents${about}`,
        xLabel: "documents in the request, one client",
        yLabel: "time of a request, ms",
        logX: true,
        logY: true,
        fields: { p50: "p50_ms", p95: "p95_ms" },
      });
    default:
      return curve("arrivals", points, {
        title: `Latency over the rate of arrivals${about}`,
        xLabel: "arrivals as a share of capacity, at random times",
        yLabel: "time of a 10-document request, ms",
        fields: { p50: "p50_ms", p95: "p95_ms" },
      });
  }
}

function describeModel(figure: FigureResult | undefined): string {
  return figure === undefined ? "" : ` (${figure.model} model, ${figure.dtype})`;
}

/** Returns the plot of the contenders' throughput with one model. */
export function contestPlots(rows: readonly FigureResult[]): Plot[] {
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
