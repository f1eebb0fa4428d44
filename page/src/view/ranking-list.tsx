import { useState } from "preact/hooks";
import { excerptOf } from "../logic/excerpt.ts";
import type { Ranked, Ranking } from "../logic/rank.ts";
import { useLanguage } from "./language.ts";

/** Rows that are shown at first, and with each press on `more`. */
export const rowsAtOnce = 100;

/** Korean words are parted by spaces, and are read more easily where they stay whole. */
const hangul = /\p{Script=Hangul}/u;

/** Where the other lists have a document. */
export interface Places {
  readonly bm25: readonly (number | undefined)[];
  /** The ranking that this one is compared with. */
  readonly other?: { readonly name: string; readonly places: readonly (number | undefined)[] };
}

/** One ranking: a row for each document, from most to least relevant. */
export function RankingList(props: {
  readonly ranking: Ranking;
  readonly documents: readonly string[];
  readonly rawScores: boolean;
  readonly places: Places;
  readonly pointed: number | undefined;
  readonly onPoint: (index: number | undefined) => void;
}) {
  const { ranking, documents, rawScores, places, pointed, onPoint } = props;
  const { texts, number } = useLanguage();
  const [rows, setRows] = useState(rowsAtOnce);
  const { results } = ranking;
  const barOf = rawScores ? barOfLogits(results) : ({ score }: Ranked) => score;
  const left = results.length - rows;
  return (
    <>
      <ol class="ranks">
        {results.slice(0, rows).map((ranked, at) => (
          <RankedRow
            key={ranked.index}
            ranked={ranked}
            place={at + 1}
            text={documents[ranked.index] ?? ""}
            score={scoreText(ranked.score, rawScores ? 2 : 3)}
            bar={barOf(ranked)}
            places={places}
            isPointed={pointed === ranked.index}
            onPoint={onPoint}
          />
        ))}
      </ol>
      {left > 0 && (
        <button type="button" class="plain" onClick={() => setRows(rows + rowsAtOnce)}>
          {texts.moreResults(number(Math.min(left, rowsAtOnce)))}
        </button>
      )}
    </>
  );
}

function RankedRow(props: {
  readonly ranked: Ranked;
  readonly place: number;
  readonly text: string;
  readonly score: string;
  /** Length of the bar, from 0 to 1. */
  readonly bar: number;
  readonly places: Places;
  readonly isPointed: boolean;
  readonly onPoint: (index: number | undefined) => void;
}) {
  const { ranked, place, text, places, onPoint } = props;
  const { texts, number } = useLanguage();
  const [isOpen, setOpen] = useState(false);
  const { index, passage } = ranked;
  const excerpt = excerptOf(text, passage, isOpen ? "long" : "short");
  const { other } = places;
  return (
    <li
      class={props.isPointed ? "pointed" : ""}
      onMouseEnter={() => onPoint(index)}
      onMouseLeave={() => onPoint(undefined)}
    >
      <span class="place">{number(place)}</span>
      <div class="ranked">
        <p class={hangul.test(text) ? "text words" : "text"} dir="auto">
          {excerpt.before}
          {excerpt.marked && <mark title={texts.passage}>{excerpt.marked}</mark>}
          {excerpt.after}
        </p>
        <div class="bar" aria-hidden="true">
          <i style={{ inlineSize: `${Math.max(0.4, props.bar * 100)}%` }} />
        </div>
        <p class="notes">
          <Moved by={index + 1 - place} />
          <span>{texts.from(number(index + 1), number(places.bm25[index] ?? 0))}</span>
          {other && (
            <span>
              {texts.otherPlace(
                other.name,
                other.places[index] ? number(other.places[index]) : texts.notShown,
              )}
            </span>
          )}
          {ranked.truncated && <span class="cut">{texts.cut}</span>}
          {excerpt.marked && <span>{texts.passage}</span>}
          {(excerpt.isShortened || isOpen) && (
            <button
              type="button"
              class="plain"
              aria-expanded={isOpen}
              onClick={() => setOpen(!isOpen)}
            >
              {isOpen ? texts.less : texts.more}
            </button>
          )}
        </p>
      </div>
      <span class="score">
        <span class="unseen">{texts.score} </span>
        {props.score}
      </span>
    </li>
  );
}

/** How many places a document went up (above 0) or down. */
function Moved({ by }: { readonly by: number }) {
  const { texts, number } = useLanguage();
  const places = number(Math.abs(by));
  const [name, sign, words] =
    by > 0
      ? ["up", `↑${places}`, texts.up(places)]
      : by < 0
        ? ["down", `↓${places}`, texts.down(places)]
        : ["same", "=", texts.same];
  return (
    <span class={`moved ${name}`} title={words}>
      <span aria-hidden="true">{sign}</span>
      <span class="unseen">{words}</span>
    </span>
  );
}

/** Logits have no bounds, so bars reach from the lowest to the highest of the list. */
function barOfLogits(results: readonly Ranked[]): (ranked: Ranked) => number {
  const high = results[0]?.score ?? 0;
  const low = results.at(-1)?.score ?? 0;
  return ({ score }) => (high === low ? 1 : (score - low) / (high - low));
}

/** A score with a fixed number of decimals, so that scores stand below each other. */
function scoreText(score: number, decimals: number): string {
  return score.toFixed(decimals).replace("-", "−");
}
