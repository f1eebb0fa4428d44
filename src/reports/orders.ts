import { shorten } from "../characters.ts";
import type { LabelledQuery } from "../evaluation/labelled-query.ts";
import { type Html, html } from "./html.ts";

/** A candidate in an order. */
export interface ListedCandidate {
  readonly text: string;
  readonly isRelevant: boolean;
}

/** An order of candidates with its heading. */
export interface ListedOrder {
  readonly title: string;
  /** Best first. */
  readonly candidates: readonly ListedCandidate[];
}

/** The number of places that nDCG@10 counts. */
const ranksShown = 10;
const maxTextChars = 240;

/** Returns the first ten candidates of an order of positions. */
export function candidatesOf(
  { candidates }: LabelledQuery,
  order: readonly number[],
): ListedCandidate[] {
  return order.slice(0, ranksShown).flatMap((position) => {
    const candidate = candidates[position];
    return candidate ? [{ text: candidate.text, isRelevant: candidate.rel > 0 }] : [];
  });
}

/** Returns orders side by side, as lists. */
export function ordersOf(orders: readonly ListedOrder[]): Html {
  const columns = orders.map(({ title, candidates }) => {
    const items = candidates.map(({ text, isRelevant }) => {
      const line = shorten(text, maxTextChars);
      return isRelevant
        ? html`<li class="relevant" dir="auto">${line}</li>\n`
        : html`<li dir="auto">${line}</li>\n`;
    });
    return html`<div><strong>${title}</strong><ol>\n${items}</ol></div>\n`;
  });
  return html`<div class="orders">\n${columns}</div>`;
}
