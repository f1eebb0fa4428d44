/** Colours of a plot. */
export interface Theme {
  readonly name: "light" | "dark";
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  /** Colours of series in their order. */
  readonly series: readonly [string, ...string[]];
}

/** Colours that read well on a white and on a dark page; plots have no background of their own. */
export const themes: readonly Theme[] = [
  {
    name: "light",
    text: "#1f2328",
    muted: "#59636e",
    grid: "#d1d9e0",
    series: ["#0969da", "#bc4c00", "#8c959f"],
  },
  {
    name: "dark",
    text: "#f0f6fc",
    muted: "#9198a1",
    grid: "#3d444d",
    series: ["#4493f8", "#db6d28", "#656c76"],
  },
];

const fontFamily = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/** How a text stands in a plot. */
export interface TextStyle {
  readonly fill: string;
  /** In pixels. Default 12. */
  readonly size?: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly bold?: boolean;
  /** Whether it reads from bottom to top. */
  readonly upright?: boolean;
}

/** Returns a text whose base line starts, is centred, or ends at (x, y). */
export function svgText(x: number, y: number, text: string, style: TextStyle): string {
  const { fill, size = 12, anchor = "start", bold = false, upright = false } = style;
  const turn = upright ? ` transform="rotate(-90 ${place(x)} ${place(y)})"` : "";
  const weight = bold ? ' font-weight="600"' : "";
  return `<text x="${place(x)}" y="${place(y)}" fill="${fill}" font-size="${size}" text-anchor="${anchor}"${weight}${turn}>${escapeXml(text)}</text>`;
}

/** Returns a straight line. */
export function svgLine(
  from: readonly [number, number],
  to: readonly [number, number],
  stroke: string,
): string {
  return `<line x1="${place(from[0])}" y1="${place(from[1])}" x2="${place(to[0])}" y2="${place(to[1])}" stroke="${stroke}"/>`;
}

/** Returns a whole plot. `title` is also what a screen reader says. */
export function svgDocument(
  size: { readonly width: number; readonly height: number },
  title: string,
  parts: readonly string[],
): string {
  const { width, height } = size;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escapeXml(fontFamily)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** Returns a coordinate with a tenth of a pixel, so that equal plots are equal files. */
export function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Returns round numbers from 0 to at least `max`, about five of them. */
export function niceTicks(max: number): number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  const size = step ?? 10 * power;
  const ticks = [0];
  while ((ticks.at(-1) ?? 0) < max) ticks.push(Number((ticks.length * size).toPrecision(12)));
  return ticks;
}

/** Returns the powers of ten that enclose the values. */
export function decadeTicks(values: readonly number[]): number[] {
  const positive = values.filter((value) => value > 0);
  const first = Math.floor(Math.log10(Math.min(...positive)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...positive))));
  return Array.from({ length: last - first + 1 }, (_, index) => Number(`1e${first + index}`));
}

/** Returns a text as it stands in XML, in an attribute too. */
export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
