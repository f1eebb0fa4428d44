import type { CallObserver, ServerObserver } from "./server-observer.ts";

/** Returns an observer that tells each of several, in order. At most one may hear of rankings. */
export function combineObservers(observers: readonly ServerObserver[]): ServerObserver {
  return {
    callStarted(call) {
      const watchers = observers.flatMap((observer) => observer.callStarted?.(call) ?? []);
      return combineCallObservers(watchers);
    },
    connectionOpened(protocol) {
      const closers = observers.flatMap((observer) => observer.connectionOpened?.(protocol) ?? []);
      return () => {
        for (const close of closers) close();
      };
    },
    connectionFailed(fault) {
      for (const observer of observers) observer.connectionFailed?.(fault);
    },
  };
}

function combineCallObservers(watchers: readonly CallObserver[]): CallObserver {
  const [ranker] = watchers.filter(({ rankingStarted }) => rankingStarted !== undefined);
  return {
    ...(ranker?.rankingStarted && { rankingStarted: ranker.rankingStarted }),
    ended(end) {
      const spans = watchers.map((watcher) => watcher.ended(end));
      return spans.find((span) => span !== undefined);
    },
  };
}
