import { shorten } from "../characters.ts";
import { barChart } from "./charts.ts";
import { Html, html, pageOf, tableOf } from "./html.ts";

/** A ranked list, as the page shows it. */
export interface ReportedRanking {
  readonly model: string;
  readonly query: string;
  /** How many documents there were. */
  readonly documents: number;
  /** Best first. */
  readonly results: readonly {
    /** Position in the documents, from 0. */
    readonly index: number;
    readonly score: number;
    readonly text: string;
    readonly truncated: boolean;
    /** The part that scored best, where long documents were read in windows. */
    readonly passage?: { readonly start: number; readonly end: number } | undefined;
  }[];
}

/** Results whose scores are drawn. */
const maxBars = 50;
const maxLabelChars = 30;
const maxTextChars = 2000;

/** Returns the page of one ranking: scores, texts, and how far each document moved. */
export function rankPage({ model, query, documents, results }: ReportedRanking): string {
  const rows = results.map(({ index, score, text, truncated, passage }, at) => [
    at + 1,
    moveOf(index - at),
    score.toFixed(4),
    html`<div class="text" dir="auto">${shorten(text, maxTextChars)}</div>${
      truncated ? html`<div class="note">cut to fit the model</div>` : ""
    }${passage ? html`<div class="note">best: characters ${passage.start} to ${passage.end}</div>` : ""}`,
  ]);
  const drawn = results.slice(0, maxBars);
  const labels = drawn.map(({ text }, at) => `${at + 1}. ${shorten(oneLine(text), maxLabelChars)}`);
  const bars = drawn.map(({ score }, at) => {
    return { group: "", series: labels[at] ?? "", value: score };
  });
  const chart = barChart(bars, labels, { description: "Scores, best first", axis: "score" });
  const body = html`
<p>Query: <strong dir="auto">${query}</strong></p>
<p class="note">${results.length} of ${documents} documents, ranked by ${model}</p>
${results.length > 0 ? html`<figure>${new Html(chart)}</figure>` : ""}
${tableOf(["rank", "moved", "score", "text"], rows, [0, 1, 2])}`;
  return pageOf({ title: "A ranking", body });
}

/** Returns how far a document moved, up where the number is positive. */
function moveOf(places: number): string {
  if (places === 0) return "";
  return `${places > 0 ? "↑" : "↓"}${Math.abs(places)}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
