import type { RerankClientError } from "../call/client-error.ts";
import { type Environment, processEnvironment } from "../call/process-environment.ts";
import type { FallbackOptions, FallbackReason } from "./fallback-types.ts";

/**
 * Logs one line when the server stops answering and one when it answers again; and one for the first
 * request since the last answer that is too large, which is no outage.
 */
export interface OutageLog {
  failed(reason: Exclude<FallbackReason, "circuit_open">, error: RerankClientError): void;
  answered(): void;
}

type Lines = Readonly<Record<Exclude<FallbackReason, "circuit_open"> | "recovery", string>>;

const korean: Lines = {
  unavailable: "⚠️  Reranker 서버 연결 실패 - 리랭킹 건너뜀",
  timeout: "⚠️  Reranker 서버 응답 시간 초과 - 리랭킹 건너뜀",
  overloaded: "⚠️  Reranker 서버 과부하 - 리랭킹 건너뜀",
  too_large: "⚠️  Reranker 서버에 너무 큰 요청 - 리랭킹 건너뜀",
  failed: "⚠️  Reranker 서버 오류 - 리랭킹 건너뜀",
  recovery: "✅  Reranker 서버 복구 - 리랭킹 재개",
};

const english: Lines = {
  unavailable: "⚠️  Reranker server unreachable - skipping reranking",
  timeout: "⚠️  Reranker server too slow - skipping reranking",
  overloaded: "⚠️  Reranker server overloaded - skipping reranking",
  too_large: "⚠️  Request too large for the Reranker server - skipping reranking",
  failed: "⚠️  Reranker server failed - skipping reranking",
  recovery: "✅  Reranker server is back - reranking resumed",
};

/** Returns a log for one server. An outage lasts from a failure to the next answer. */
export function createOutageLog(options: FallbackOptions): OutageLog {
  // biome-ignore lint/suspicious/noConsole: where lines go that nobody takes is documented.
  const { logger = (line: string) => console.warn(line) } = options;
  const locale = options.locale ?? systemLocale(options.env ?? processEnvironment());
  const lines = /^ko\b|^ko_/i.test(locale) ? korean : english;
  let out = false;
  let isTooLargeKnown = false;
  return {
    failed(reason, error) {
      if (reason === "too_large") {
        if (!isTooLargeKnown) logger(lines.too_large, { type: "too_large", reason, error });
        isTooLargeKnown = true;
        return;
      }
      if (out) return;
      out = true;
      logger(lines[reason], { type: "outage", reason, error });
    },
    answered() {
      isTooLargeKnown = false;
      if (!out) return;
      out = false;
      logger(lines.recovery, { type: "recovery" });
    },
  };
}

/** The locale of the environment, or Intl's where that has none or the neutral one. */
function systemLocale({ LC_ALL, LC_MESSAGES, LANG }: Environment): string {
  const set = LC_ALL || LC_MESSAGES || LANG || "C";
  const neutral = /^(C|POSIX)(\.|$)/.test(set);
  return neutral ? new Intl.DateTimeFormat().resolvedOptions().locale : set;
}
