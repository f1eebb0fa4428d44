import * as plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** One bar, with the ends of its interval. */
export interface Bar {
  /** The group that it stands in, a list for example. */
  readonly group: string;
  /** Which of the group it is. */
  readonly series: string;
  readonly value: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** A difference with its interval. */
export interface Difference {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The labels of a chart. */
export interface ChartText {
  /** For those who do not see it, in one sentence. */
  readonly description: string;
  /** What the horizontal axis counts. */
  readonly axis: string;
}

const width = 860;
/** Pixels for the ticks of the horizontal axis and what it counts, one below the other. */
const marginBottom = 46;
const barHeight = 18;
/** Pixels of a character on an axis, on the average. */
const characterWidth = 6.5;
const maxLabelWidth = 300;
/** Readable on white and on black. */
const colors = ["#8a8f98", "#d08a1d", "#3b82f6", "#2c9a4a"];

/**
 * Returns bars in groups as SVG, with intervals where they are known; the axis goes from 0 to 1, or
 * as far as the bars do.
 */
export function barChart(
  bars: readonly Bar[],
  series: readonly string[],
  { description, axis, domain }: ChartText & { readonly domain?: readonly [number, number] },
): string {
  const groups = [...new Set(bars.map(({ group }) => group))];
  const fill = series.length > colors.length ? (colors[2] ?? "") : "series";
  const withInterval = bars.filter(({ low, high }) => low !== undefined && high !== undefined);
  return draw({
    ariaLabel: description,
    height: 80 + groups.length * (series.length * barHeight + 12),
    marginLeft: labelWidth(series),
    marginRight: labelWidth(groups),
    x: { label: axis, grid: true, ...(domain && { domain: [...domain] }) },
    y: { label: null, domain: [...series] },
    fy: { label: null, domain: groups },
    color: { domain: [...series], range: colors },
    marks: [
      plot.barX(bars, { fy: "group", y: "series", x: "value", fill, title: titleOf }),
      plot.ruleY(withInterval, { fy: "group", y: "series", x1: "low", x2: "high" }),
      plot.ruleX([0]),
    ],
  });
}

/** Returns differences from 0 as points with intervals, as SVG. */
export function differenceChart(
  differences: readonly Difference[],
  { description, axis }: ChartText,
): string {
  const labels = differences.map(({ label }) => label);
  return draw({
    ariaLabel: description,
    height: 80 + differences.length * 24,
    marginLeft: labelWidth(labels),
    x: { label: axis, grid: true },
    y: { label: null, domain: labels },
    marks: [
      plot.ruleX([0]),
      plot.ruleY(differences, { y: "label", x1: "low", x2: "high", strokeWidth: 2 }),
      plot.dot(differences, { y: "label", x: "value", fill: colors[2] ?? "", r: 5 }),
    ],
  });
}

/** Returns how often values occur, as SVG. */
export function histogram(
  values: readonly number[],
  { description, axis, count }: ChartText & { readonly count: string },
): string {
  const bins = plot.binX({ y: "count" }, { x: (value: number) => value });
  return draw({
    ariaLabel: description,
    height: 240,
    marginLeft: 60,
    x: { label: axis },
    y: { label: count, grid: true },
    marks: [plot.rectY(values, { ...bins, fill: colors[2] ?? "" }), plot.ruleY([0])],
  });
}

function draw(options: plot.PlotOptions): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const style = { fontSize: "12px" };
  const chart = plot.plot({ document, width, style, marginBottom, ...options });
  chart.setAttribute("role", "img");
  chart.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return chart.outerHTML;
}

function titleOf({ group, series, value, low, high }: Bar): string {
  const interval =
    low === undefined || high === undefined ? "" : ` (${low.toFixed(3)} to ${high.toFixed(3)})`;
  return `${group}, ${series}: ${value.toFixed(3)}${interval}`;
}

function labelWidth(labels: readonly string[]): number {
  const longest = Math.max(...labels.map(({ length }) => length));
  return Math.min(maxLabelWidth, 24 + longest * characterWidth);
}
