import { useState } from "preact/hooks";
import { useLanguage } from "./language.ts";
import { rowsAtOnce } from "./ranking-list.tsx";

/** Longest part of a text that a row holds, in UTF-16 units; what does not fit is cut by the style. */
const rowChars = 120;

/** The documents in another order, each with the place that the model gave it. */
export function OrderList(props: {
  readonly title: string;
  readonly hint: string;
  /** Positions of documents, from first to last. */
  readonly order: readonly number[];
  readonly documents: readonly string[];
  /** The place of each document in the ranking; undefined where it is not in it. */
  readonly places: readonly (number | undefined)[];
  readonly pointed: number | undefined;
  readonly onPoint: (index: number | undefined) => void;
}) {
  const { title, hint, order, documents, places, pointed, onPoint } = props;
  const { texts, number } = useLanguage();
  const [rows, setRows] = useState(rowsAtOnce);
  const left = order.length - rows;
  return (
    <section class="order">
      <h3>{title}</h3>
      <p class="hint">{hint}</p>
      <ol>
        {order.slice(0, rows).map((index, at) => {
          const place = places[index];
          return (
            <li
              key={index}
              class={pointed === index ? "pointed" : ""}
              onMouseEnter={() => onPoint(index)}
              onMouseLeave={() => onPoint(undefined)}
            >
              <span class="place">{number(at + 1)}</span>
              <span class="line" dir="auto">
                {documents[index]?.slice(0, rowChars)}
              </span>
              <span class="became">
                <span aria-hidden="true">{place === undefined ? "–" : `→ ${number(place)}`}</span>
                <span class="unseen">
                  {place === undefined ? texts.notShown : texts.became(number(place))}
                </span>
              </span>
            </li>
          );
        })}
      </ol>
      {left > 0 && (
        <button type="button" class="plain" onClick={() => setRows(rows + rowsAtOnce)}>
          {texts.moreResults(number(Math.min(left, rowsAtOnce)))}
        </button>
      )}
    </section>
  );
}
