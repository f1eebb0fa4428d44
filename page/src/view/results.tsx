import { useMemo, useState } from "preact/hooks";
import { bm25Order, placesOf } from "../logic/orders.ts";
import type { Ranking } from "../logic/rank.ts";
import { useLanguage } from "./language.ts";
import { OrderList } from "./order-list.tsx";
import { RankingList } from "./ranking-list.tsx";
import type { Run } from "./use-ranking.ts";

/** Places among which two rankings are compared. */
const agreementPlaces = 10;

/** One ranking or two beside each other, and the orders that they changed. */
export function Results({ run, isStale }: { readonly run: Run; readonly isStale: boolean }) {
  const { texts } = useLanguage();
  const [pointed, onPoint] = useState<number>();
  const { query, documents, settings, rankings } = run;
  const bm25 = useMemo(() => bm25Order(query, documents), [query, documents]);
  const input = useMemo(() => documents.map((_document, index) => index), [documents]);
  const places = rankings.map((ranking) => placesOf(orderOf(ranking), documents.length));
  const bm25Places = useMemo(() => placesOf(bm25, documents.length), [bm25]);
  const isCompared = settings.length > 1;
  const names = isCompared ? ["A", "B"] : [""];
  const titles = isCompared ? [texts.rankingA, texts.rankingB] : [texts.ranking];
  const shared = { documents, places: places[0] ?? [], pointed, onPoint };
  return (
    <>
      {isCompared && run.phase === "done" && <Agreement rankings={rankings} />}
      <div class={isCompared ? "lists compared" : "lists"}>
        {settings.map(({ rawScores }, at) => {
          const ranking = rankings[at];
          const other = 1 - at;
          const otherName = names[other];
          return (
            <section class="ranking" key={titles[at]} aria-busy={run.phase === "running"}>
              <h2>{titles[at]}</h2>
              {ranking ? (
                <Facts ranking={ranking} run={run} />
              ) : (
                run.phase === "running" && <progress aria-label={titles[at]} />
              )}
              {isStale && at === 0 && <p class="hint">{texts.stale}</p>}
              {ranking && (
                <RankingList
                  ranking={ranking}
                  documents={documents}
                  rawScores={rawScores}
                  places={{
                    bm25: bm25Places,
                    ...(otherName &&
                      rankings[other] && {
                        other: { name: otherName, places: places[other] ?? [] },
                      }),
                  }}
                  pointed={pointed}
                  onPoint={onPoint}
                />
              )}
            </section>
          );
        })}
        <div class="orders">
          <OrderList title={texts.bm25Order} hint={texts.bm25Hint} order={bm25} {...shared} />
          <OrderList title={texts.inputOrder} hint={texts.inputHint} order={input} {...shared} />
        </div>
      </div>
    </>
  );
}

function Agreement({ rankings }: { readonly rankings: Run["rankings"] }) {
  const { texts, number } = useLanguage();
  const [a = [], b = []] = rankings.map((ranking) => orderOf(ranking).slice(0, agreementPlaces));
  const of = Math.min(a.length, b.length);
  const same = a.slice(0, of).filter((index) => b.slice(0, of).includes(index)).length;
  return <p class="agreement">{texts.agreement(number(same), number(of))}</p>;
}

function Facts({ ranking, run }: { readonly ranking: Ranking; readonly run: Run }) {
  const { texts, number } = useLanguage();
  const { done, total, tokens, timings, wallMs, requests } = ranking;
  const decimals = wallMs < 10 ? 1 : 0;
  return (
    <div class="facts">
      {done < total && run.phase === "running" && (
        <progress
          value={done}
          max={total}
          aria-label={texts.progress(number(done), number(total))}
        />
      )}
      <p>
        {texts.facts(number(done), number(tokens), number(wallMs, decimals))}
        {requests > 1 && ` · ${texts.requests(number(requests))}`}
      </p>
      <p class="hint">
        {texts.times(
          number(timings.tokenize, 1),
          number(timings.queue, 1),
          number(timings.model, 1),
        )}
      </p>
      {ranking.queryTruncated && <p class="cut">{texts.queryCut}</p>}
    </div>
  );
}

function orderOf(ranking: Ranking | undefined): number[] {
  return ranking?.results.map(({ index }) => index) ?? [];
}
