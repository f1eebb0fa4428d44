import { decadeTicks, niceTicks, place, svgDocument, svgLine, svgText, type Theme } from "./svg.ts";

/** One line. */
export interface Line {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** What a line chart shows. */
export interface LineChartOptions {
  readonly title: string;
  /** What the numbers are, with their unit. */
  readonly xLabel: string;
  readonly yLabel: string;
  /** Whether equal distances are equal factors. Default false. */
  readonly logX?: boolean;
  readonly logY?: boolean;
  readonly lines: readonly Line[];
}

const width = 720;
const height = 360;
const left = 76;
const right = 24;
const top = 64;
const bottom = 56;

/**
 * Returns lines through measured points as SVG. The x axis is marked where something was measured.
 */
export function lineChart(options: LineChartOptions, theme: Theme): string {
  const { title, xLabel, yLabel, lines, logX = false, logY = false } = options;
  const points = lines.flatMap((line) => line.points);
  const xTicks = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const ys = points.map(({ y }) => y);
  const yTicks = logY ? decadeTicks(ys) : niceTicks(Math.max(...ys));
  const x = createScale(xTicks, { log: logX, from: left, to: width - right });
  const y = createScale(yTicks, { log: logY, from: height - bottom, to: top });
  const muted = { fill: theme.muted, anchor: "middle" } as const;
  return svgDocument({ width, height }, title, [
    svgText(16, 24, title, { fill: theme.text, size: 15, bold: true }),
    ...yTicks.flatMap((tick) => [
      svgLine([left, y(tick)], [width - right, y(tick)], theme.grid),
      svgText(left - 8, y(tick) + 4, String(tick), { fill: theme.muted, anchor: "end" }),
    ]),
    ...xTicks.map((tick) => svgText(x(tick), height - bottom + 20, String(tick), muted)),
    ...lines.flatMap((line, index) => [
      ...drawLine(line, { x, y, color: theme.series[index] ?? theme.series[0] }),
      ...drawLegend(line.label, index, theme),
    ]),
    svgText((left + width - right) / 2, height - 12, xLabel, muted),
    svgText(20, (top + height - bottom) / 2, yLabel, { ...muted, upright: true }),
  ]);
}

type Scale = (value: number) => number;

function createScale(
  ticks: readonly number[],
  { log, from, to }: { readonly log: boolean; readonly from: number; readonly to: number },
): Scale {
  const at = (value: number) => (log ? Math.log(value) : value);
  const [first, last] = [at(ticks[0] ?? 0), at(ticks.at(-1) ?? 1)];
  if (first === last) return () => (from + to) / 2;
  return (value) => from + ((at(value) - first) / (last - first)) * (to - from);
}

function drawLine(
  { points }: Line,
  { x, y, color }: { readonly x: Scale; readonly y: Scale; readonly color: string },
): string[] {
  const path = points.map((point) => `${place(x(point.x))},${place(y(point.y))}`).join(" ");
  return [
    `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...points.map(
      (point) =>
        `<circle cx="${place(x(point.x))}" cy="${place(y(point.y))}" r="3.5" fill="${color}"/>`,
    ),
  ];
}

const legendWidth = 150;

function drawLegend(label: string, index: number, theme: Theme): string[] {
  const start = left + index * legendWidth;
  const color = theme.series[index] ?? theme.series[0];
  return [
    `<rect x="${start}" y="38" width="12" height="12" fill="${color}"/>`,
    svgText(start + 18, 48, label, { fill: theme.text }),
  ];
}
