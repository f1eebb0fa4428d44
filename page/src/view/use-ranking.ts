import { useRef, useState } from "preact/hooks";
import { callRerank } from "../logic/call-server.ts";
import { type Ranking, rank } from "../logic/rank.ts";
import type { Settings } from "../logic/settings.ts";

/** A ranking request of the page: one list, once for each of the settings. */
export interface Asked {
  readonly query: string;
  readonly documents: readonly string[];
  /** One, or two that are compared. */
  readonly settings: readonly Settings[];
}

/** A ranking that was asked for, and how far it is. */
export interface Run extends Asked {
  readonly phase: "running" | "done" | "stopped" | "failed";
  /** One for each of the settings, as far as they are there. */
  readonly rankings: readonly (Ranking | undefined)[];
  /** Why it failed. */
  readonly fault: unknown;
}

/** The last run, and how to begin and stop one. */
export interface RankingControl {
  readonly run: Run | undefined;
  start(asked: Asked, apiKey: string | undefined): Promise<void>;
  stop(): void;
}

/** Keeps one run at a time: a new one stops the one before. */
export function useRanking(): RankingControl {
  const [run, setRun] = useState<Run>();
  const current = useRef<AbortController>(undefined);

  async function start(asked: Asked, apiKey: string | undefined): Promise<void> {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    const { signal } = controller;
    const rankings: (Ranking | undefined)[] = asked.settings.map(() => undefined);
    const show = (phase: Run["phase"], fault?: unknown): void => {
      if (current.current === controller) {
        setRun({ ...asked, phase, rankings: [...rankings], fault });
      }
    };
    show("running");
    try {
      for (const [at, settings] of asked.settings.entries()) {
        await rank({
          query: asked.query,
          documents: asked.documents,
          settings,
          call: (body) => callRerank(body, { fetch: fetch.bind(window), apiKey, signal }),
          onPart: (ranking) => {
            rankings[at] = ranking;
            show("running");
          },
          nowMs: () => performance.now(),
        });
      }
      show("done");
    } catch (error) {
      if (signal.aborted) show("stopped");
      else show("failed", error);
    }
  }

  return { run, start, stop: () => current.current?.abort() };
}
