import { niceTicks, place, svgDocument, svgLine, svgText, type Theme } from "./svg.ts";

/** One bar. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Ends of what the rounds measured, drawn as a whisker. */
  readonly min: number;
  readonly max: number;
  /** Which colour of the theme. */
  readonly series: number;
}

/** What a bar chart shows. */
export interface BarChartOptions {
  readonly title: string;
  /** What the numbers are, with their unit. */
  readonly valueLabel: string;
  readonly bars: readonly Bar[];
}

const width = 720;
const labelWidth = 190;
const rightMargin = 60;
const top = 44;
const rowHeight = 30;
const barHeight = 18;
const bottom = 52;

/** Returns horizontal bars from 0, one below the other, as SVG. */
export function barChart({ title, valueLabel, bars }: BarChartOptions, theme: Theme): string {
  const height = top + bars.length * rowHeight + bottom;
  const floor = height - bottom;
  const ticks = niceTicks(Math.max(...bars.map(({ max }) => max)));
  const end = ticks.at(-1) ?? 1;
  const x = (value: number) => labelWidth + (value / end) * (width - labelWidth - rightMargin);
  const axis = ticks.flatMap((tick) => [
    svgLine([x(tick), top], [x(tick), floor], theme.grid),
    svgText(x(tick), floor + 18, String(tick), { fill: theme.muted, anchor: "middle" }),
  ]);
  const rows = bars.flatMap((bar, row) => {
    const middle = top + (row + 0.5) * rowHeight;
    const fill = theme.series[bar.series] ?? theme.series[0];
    return [
      svgText(labelWidth - 10, middle + 4, bar.label, { fill: theme.text, anchor: "end" }),
      `<rect x="${place(labelWidth)}" y="${place(middle - barHeight / 2)}" width="${place(x(bar.value) - labelWidth)}" height="${barHeight}" fill="${fill}"/>`,
      svgLine([x(bar.min), middle], [x(bar.max), middle], theme.text),
      svgText(x(bar.max) + 6, middle + 4, String(bar.value), { fill: theme.text }),
    ];
  });
  return svgDocument({ width, height }, title, [
    svgText(16, 24, title, { fill: theme.text, size: 15, bold: true }),
    ...axis,
    ...rows,
    svgText((labelWidth + width - rightMargin) / 2, height - 14, valueLabel, {
      fill: theme.muted,
      anchor: "middle",
    }),
  ]);
}
