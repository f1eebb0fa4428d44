import { warn } from "node:console";
import type { RerankClientError } from "./client-error.ts";
import { type Environment, processEnvironment } from "./environment.ts";
import type { FallbackOptions, FallbackReason } from "./fallback-types.ts";

/** Logs one line when the server stops answering and one when it answers again. */
export interface OutageLog {
  failed(reason: FallbackReason, error: RerankClientError): void;
  answered(): void;
}

type Lines = Readonly<Record<Exclude<FallbackReason, "circuit_open"> | "recovery", string>>;

const korean: Lines = {
  unavailable: "⚠️  Reranker 서버 연결 실패 - 리랭킹 건너뜀",
  timeout: "⚠️  Reranker 서버 응답 시간 초과 - 리랭킹 건너뜀",
  overloaded: "⚠️  Reranker 서버 과부하 - 리랭킹 건너뜀",
  failed: "⚠️  Reranker 서버 오류 - 리랭킹 건너뜀",
  recovery: "✅  Reranker 서버 복구 - 리랭킹 재개",
};

const english: Lines = {
  unavailable: "⚠️  Reranker server unreachable - skipping reranking",
  timeout: "⚠️  Reranker server too slow - skipping reranking",
  overloaded: "⚠️  Reranker server overloaded - skipping reranking",
  failed: "⚠️  Reranker server failed - skipping reranking",
  recovery: "✅  Reranker server is back - reranking resumed",
};

/** Returns a log for one server. An outage lasts from a failure to the next answer. */
export function createOutageLog(options: FallbackOptions): OutageLog {
  const { logger = (line: string) => warn(line) } = options;
  const locale = options.locale ?? systemLocale(options.env ?? processEnvironment());
  const lines = /^ko\b|^ko_/i.test(locale) ? korean : english;
  let out = false;
  return {
    failed(reason, error) {
      if (out) return;
      out = true;
      // Nothing is asked, and so nothing fails, while the circuit is open.
      const line = reason === "circuit_open" ? lines.unavailable : lines[reason];
      logger(line, { type: "outage", reason, error });
    },
    answered() {
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
