import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { suite, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createManualClock } from "../../../test/fakes/manual-clock.ts";
import { startServer } from "../../../test/server/start-server.ts";
import type { RankedCandidates, TransportName } from "../../src/index.ts";
import { connectClient, transportNames } from "../connect-client.ts";

const childPath = fileURLToPath(new URL("../server-child.js", import.meta.url));

const notes = [
  { text: "the longest text wins here", similarity: 0.1 },
  { text: "short", similarity: 0.9 },
];

const outageLine = "⚠️  Reranker 서버 연결 실패 - 리랭킹 건너뜀";
const timeoutLine = "⚠️  Reranker 서버 응답 시간 초과 - 리랭킹 건너뜀";
const recoveryLine = "✅  Reranker 서버 복구 - 리랭킹 재개";

/** Longer than any back-off, in milliseconds. */
const afterBackoffMs = 60_000;

/** Longer than a test takes, in milliseconds. */
const patienceMs = 60_000;

async function startChild(
  context: TestContext,
  port = 0,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = fork(childPath, [`${port}`]);
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  });
  const [message] = await once(child, "message");
  return { child, port: message.port };
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

function createSearch(context: TestContext, url: string, transport: TransportName) {
  const clock = createManualClock();
  const lines: string[] = [];
  const client = connectClient(context, {
    url,
    transport,
    fallback: {
      locale: "ko",
      logger: (line) => lines.push(line),
      monotonicNowMs: clock.nowMs,
      timeoutMs: patienceMs,
    },
  });
  const search = (query = "q", timeoutMs?: number) =>
    client.rerankOrFallback(query, notes, { timeoutMs });
  /** Searches after each back-off until the server answers. */
  const searchUntilBack = async (): Promise<RankedCandidates<(typeof notes)[number]>> => {
    for (let tries = 0; tries < 1_000; tries += 1) {
      clock.advance(afterBackoffMs);
      const ranked = await search();
      if (ranked.reranked) return ranked;
    }
    assert.fail("the server was not found again");
  };
  return { client, search, searchUntilBack, lines, clock };
}

const indexesOf = ({ results }: RankedCandidates<(typeof notes)[number]>): number[] =>
  results.map(({ index }) => index);

function reasonOf(ranked: RankedCandidates<(typeof notes)[number]>): string | undefined {
  return ranked.reranked ? undefined : ranked.reason;
}

for (const transport of transportNames) {
  suite(`rerankOrFallback() over ${transport}`, () => {
    test("orders by similarity while nobody listens, and says so once", async (context) => {
      const { url, server } = await startServer(context);
      server.destroy();
      const { search, lines, clock } = createSearch(context, url, transport);

      const first = await search();
      const second = await search();
      clock.advance(afterBackoffMs);
      const third = await search();

      assert.deepEqual([first, second, third].map(reasonOf), [
        "unavailable",
        "circuit_open",
        "unavailable",
      ]);
      assert.deepEqual([first, second, third].map(indexesOf), Array(3).fill([1, 0]));
      assert.deepEqual(lines, [outageLine]);
    });

    test("goes on when the server is killed mid-call, and notices that it is back", async (context) => {
      const { child, port } = await startChild(context);
      const url = `http://127.0.0.1:${port}`;
      const { search, searchUntilBack, lines } = createSearch(context, url, transport);
      assert.equal((await search()).reranked, true);

      const held = once(child, "message");
      const call = search("hold");
      await held;
      await stop(child);
      const ranked = await call;

      assert.equal(reasonOf(ranked), "unavailable");
      assert.deepEqual(indexesOf(ranked), [1, 0]);
      assert.equal(reasonOf(await search()), "circuit_open");
      assert.deepEqual(lines, [outageLine]);
      await startChild(context, port);
      assert.deepEqual(indexesOf(await searchUntilBack()), [0, 1]);
      assert.equal((await search()).reranked, true);
      assert.deepEqual(lines, [outageLine, recoveryLine]);
    });

    test("falls back in time when the server is frozen, and goes on when it thaws", async (context) => {
      const { child, port } = await startChild(context);
      const url = `http://127.0.0.1:${port}`;
      const { search, searchUntilBack, lines } = createSearch(context, url, transport);
      assert.equal((await search()).reranked, true);
      child.kill("SIGSTOP");

      const reasons = [];
      for (let tries = 0; tries < 4; tries += 1) reasons.push(reasonOf(await search("q", 100)));

      assert.deepEqual(reasons, ["timeout", "timeout", "timeout", "circuit_open"]);
      child.kill("SIGCONT");
      await searchUntilBack();
      assert.deepEqual(lines, [timeoutLine, recoveryLine]);
    });

    test("falls back when the server is slow, restarting or busy", async (context) => {
      const { url, reranker } = await startServer(context);
      const { search, searchUntilBack, lines } = createSearch(context, url, transport);

      assert.equal(reasonOf(await search("hold", 100)), "timeout");
      assert.equal(reasonOf(await search("loading")), "unavailable");
      await searchUntilBack();
      assert.equal(reasonOf(await search("busy")), "overloaded");
      await searchUntilBack();

      assert.deepEqual(lines, [
        timeoutLine,
        recoveryLine,
        "⚠️  Reranker 서버 과부하 - 리랭킹 건너뜀",
        recoveryLine,
      ]);
      assert.equal(reranker.held.length, 0);
    });

    test("rejects with the caller's abort", async (context) => {
      const { url, reranker } = await startServer(context);
      const { client, lines } = createSearch(context, url, transport);
      const leave = new AbortController();
      const reason = new Error("the user left");
      const call = client.rerankOrFallback("hold", notes, { signal: leave.signal });
      const rejected = assert.rejects(call, (error) => error === reason);
      await reranker.until(() => reranker.held.length === 1);

      leave.abort(reason);

      await rejected;
      assert.deepEqual(lines, []);
    });
  });
}
