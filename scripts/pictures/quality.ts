import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Theme, themes } from "../../bench/report/svg.ts";
import { packageRoot } from "../../test/server-process.ts";

/** What `train/evaluation/evaluate.py` of the bundled model measured of a list, as far as it is drawn. */
interface Measured {
  readonly queries: number;
  readonly "bm25 ndcg": number;
  readonly "int8 ndcg": number;
}

interface Figures {
  readonly lists: { readonly mean: Measured } & Readonly<Record<string, Measured>>;
}

/** nDCG@10 of two orders of a list. */
interface Row {
  readonly label: string;
  readonly bm25: number;
  readonly reranked: number;
}

const model = "rerankd-multilingual-v1";
const width = 720;
const rowHeight = 25;
const margins = { marginTop: 62, marginBottom: 46, marginLeft: 190, marginRight: 110 };

/**
 * Draws nDCG@10 of the bundled model and of BM25 on each labelled list, for light and for dark pages,
 * from the figures of its card.
 */
export function drawQuality(): readonly (readonly [name: string, svg: string])[] {
  const path = join(packageRoot, "models", model, "train", "evaluation", "figures.json");
  const figures: Figures = JSON.parse(readFileSync(path, "utf8"));
  return themes.map((theme) => [`quality-${theme.name}.svg`, draw(figures, theme)]);
}

function draw({ lists: { mean, ...lists } }: Figures, theme: Theme): string {
  const rows = [
    ...Object.entries(lists).map(([name, measured]) => rowOf(labelOf(name), measured)),
    rowOf("mean of lists", mean),
  ];
  const [blue, orange] = theme.series;
  const dots = [
    { x: "bm25", name: "BM25", color: orange ?? "", at: 0 },
    { x: "reranked", name: model, color: blue, at: 70 },
  ] as const;
  const queries = Object.values(lists).reduce((sum, list) => sum + list.queries, 0);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const chart = plot.plot({
    document,
    width,
    height: margins.marginTop + margins.marginBottom + rows.length * rowHeight,
    ...margins,
    style: { fontSize: "13px", color: theme.text },
    ariaLabel: `nDCG@10 of BM25 and ${model} on ${rows.length - 1} lists, in the mean ${fixed(mean["bm25 ndcg"])} and ${fixed(mean["int8 ndcg"])}`,
    x: { label: `nDCG@10, of ${queries} queries`, grid: true, nice: true, ticks: 6 },
    y: { label: null, domain: rows.map(({ label }) => label), tickSize: 0 },
    marks: [
      plot.ruleY(rows, { y: "label", x1: "bm25", x2: "reranked", stroke: theme.muted }),
      ...dots.map(({ x, color }) => plot.dot(rows, { y: "label", x, fill: color, r: 5.5 })),
      plot.text(rows, {
        y: "label",
        text: ({ bm25, reranked }: Row) => `${fixed(bm25)} → ${fixed(reranked)}`,
        frameAnchor: "right",
        dx: margins.marginRight - 8,
      }),
      ...dots.flatMap(({ name, color, at }) => [
        plot.dot([0], { frameAnchor: "top-left", dx: at + 4, dy: -38, fill: color, r: 5.5 }),
        plot.text([name], { frameAnchor: "top-left", textAnchor: "start", dx: at + 15, dy: -44 }),
      ]),
    ],
  });
  chart.setAttribute("role", "img");
  chart.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${chart.outerHTML}\n`;
}

function rowOf(label: string, measured: Measured): Row {
  return { label, bm25: measured["bm25 ndcg"], reranked: measured["int8 ndcg"] };
}

function fixed(value: number): string {
  return value.toFixed(2);
}

/** Names a list by its language: `English, wikiqa test` for `en__wikiqa-test-bm25-top30`. */
function labelOf(name: string): string {
  const [language = "", list = ""] = name.replace(/-bm25-top\d+$/, "").split("__");
  const words = list.replaceAll("-", " ");
  return words === "" ? name : `${languageNames.of(language)}, ${words}`;
}

const languageNames = new Intl.DisplayNames(["en"], { type: "language" });
