import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RerankClientError } from "../../src/call/client-error.ts";
import { createOutageLog } from "../../src/fallback/outage-log.ts";
import type { FallbackLogEvent, FallbackOptions } from "../../src/index.ts";

const error = new RerankClientError("unavailable", "gone");
const koreanLine = "⚠️  Reranker 서버 연결 실패 - 리랭킹 건너뜀";

function firstLine(options: FallbackOptions): string {
  const lines: string[] = [];
  createOutageLog({ ...options, logger: (line) => lines.push(line) }).failed("unavailable", error);
  return lines[0] ?? "";
}

suite("createOutageLog()", () => {
  test("logs once for each outage and once for each return", () => {
    const lines: [string, FallbackLogEvent][] = [];
    const log = createOutageLog({ locale: "ko", logger: (...line) => lines.push(line) });

    log.answered();
    log.failed("unavailable", error);
    log.failed("timeout", error);
    log.answered();
    log.answered();
    log.failed("timeout", error);

    assert.deepEqual(lines, [
      [koreanLine, { type: "outage", reason: "unavailable", error }],
      ["✅  Reranker 서버 복구 - 리랭킹 재개", { type: "recovery" }],
      [
        "⚠️  Reranker 서버 응답 시간 초과 - 리랭킹 건너뜀",
        { type: "outage", reason: "timeout", error },
      ],
    ]);
  });

  test("logs once that requests are too large, and takes that for no outage", () => {
    const events: (string | undefined)[] = [];
    const log = createOutageLog({ locale: "en", logger: (line) => events.push(line) });
    const large = new RerankClientError("resource_exhausted", "never");

    for (let times = 0; times < 2; times += 1) log.failed("too_large", large);
    log.answered();
    log.failed("too_large", large);

    const line = "⚠️  Request too large for the Reranker server - skipping reranking";
    assert.deepEqual(events, [line, line]);
  });

  test("speaks the language of its option, else of the environment", () => {
    for (const options of [
      { locale: "ko" },
      { locale: "ko-KR", env: { LANG: "en_US.UTF-8" } },
      { env: { LANG: "ko_KR.UTF-8" } },
      { env: { LC_ALL: "ko_KR", LANG: "en_US" } },
    ]) {
      assert.equal(firstLine(options), koreanLine);
    }
    for (const options of [
      { locale: "en" },
      { locale: "kok-IN" },
      { env: { LC_ALL: "de_DE", LANG: "ko_KR" } },
    ]) {
      assert.equal(firstLine(options), "⚠️  Reranker server unreachable - skipping reranking");
    }
  });

  test("asks Intl where the environment has no language", () => {
    const { locale } = new Intl.DateTimeFormat().resolvedOptions();
    assert.equal(firstLine({ env: { LANG: "C.UTF-8" } }), firstLine({ locale }));
    assert.equal(firstLine({ env: {} }), firstLine({ locale }));
  });
});
