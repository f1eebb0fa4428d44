import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { type Theme, themes } from "../../bench/report/svg.ts";
import { cleanEnvironment, mainPath } from "../../test/server-process.ts";

/** nDCG@10 of two orders. */
interface Figures {
  readonly bm25: number;
  readonly reranked: number;
}

/** What `rerankd eval --json` prints, as far as it is drawn. */
interface Evaluation {
  readonly model: string;
  readonly lists: readonly {
    readonly name: string;
    readonly queries: number;
    readonly ndcg: Figures;
  }[];
  readonly mean: { readonly ndcg: Figures };
}

interface Row extends Figures {
  readonly label: string;
}

const maxOutputBytes = 256 * 1024 * 1024;
const width = 720;
const rowHeight = 25;
const margins = { marginTop: 62, marginBottom: 46, marginLeft: 190, marginRight: 110 };

/**
 * Draws nDCG@10 of the bundled model and of BM25 on each labelled list, for light and for dark pages.
 * Measures the lists with the bundled model, or takes the file of an evaluation.
 */
export function drawQuality(
  source: string | readonly string[],
  limit: number,
): readonly (readonly [name: string, svg: string])[] {
  const text = typeof source === "string" ? readFileSync(source, "utf8") : evaluate(source, limit);
  const evaluation: Evaluation = JSON.parse(text);
  return themes.map((theme) => [`quality-${theme.name}.svg`, draw(evaluation, theme)]);
}

function draw({ model, lists, mean }: Evaluation, theme: Theme): string {
  const rows: readonly Row[] = [
    ...lists.map(({ name, ndcg }) => ({ label: labelOf(name), ...ndcg })),
    { label: "mean of lists", ...mean.ndcg },
  ];
  const [blue, orange] = theme.series;
  const dots = [
    { x: "bm25", name: "BM25", color: orange ?? "", at: 0 },
    { x: "reranked", name: model, color: blue, at: 70 },
  ] as const;
  const queries = lists.reduce((sum, list) => sum + list.queries, 0);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const chart = plot.plot({
    document,
    width,
    height: margins.marginTop + margins.marginBottom + rows.length * rowHeight,
    ...margins,
    style: { fontSize: "13px", color: theme.text },
    ariaLabel: `nDCG@10 of BM25 and ${model} on ${lists.length} lists, in the mean ${fixed(mean.ndcg.bm25)} and ${fixed(mean.ndcg.reranked)}`,
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

function evaluate(lists: readonly string[], limit: number): string {
  const args = ["eval", ...lists, "--model-id=bundled", `--limit=${limit}`, "--json"];
  return execFileSync(process.execPath, [mainPath, ...args], {
    encoding: "utf8",
    env: cleanEnvironment(),
    maxBuffer: maxOutputBytes,
    stdio: ["ignore", "pipe", "inherit"],
  });
}
