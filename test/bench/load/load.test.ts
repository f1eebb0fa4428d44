import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { runClosedLoop } from "../../../bench/load/closed-loop.ts";
import { runOpenLoop } from "../../../bench/load/open-loop.ts";

const requests = Array.from({ length: 12 }, (_, index) => ({
  query: `query ${index}`,
  documents: ["a", "b"],
}));

suite("runClosedLoop()", () => {
  test("sends each request once, with no more at a time than there are clients", async () => {
    const sent: string[] = [];
    let running = 0;
    let most = 0;
    const result = await runClosedLoop({
      requests,
      clients: 3,
      async rerank({ query }) {
        sent.push(query);
        running += 1;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= 1;
        return [0, 0];
      },
    });
    assert.deepEqual(
      sent,
      requests.map(({ query }) => query),
    );
    assert.equal(most, 3);
    assert.equal(result.documents, 24);
    assert.equal(result.latenciesMs.length, 12);
  });

  test("rejects with the first failure", async () => {
    const rerank = () => Promise.reject(new Error("broken"));
    await assert.rejects(runClosedLoop({ requests, clients: 2, rerank }), /broken/);
  });
});

suite("runOpenLoop()", () => {
  const arrivalsMs = [0, 1, 2, 3];
  const isRefusal = (error: unknown) => String(error).includes("busy");

  test("sends without waiting for answers and tells how each request ended", async () => {
    let sent = 0;
    const outcomes = await runOpenLoop({
      requests,
      arrivalsMs,
      hangMs: 50,
      isRefusal,
      rerank(_, { signal } = {}) {
        sent += 1;
        if (sent === 1) return Promise.resolve([0, 0]);
        if (sent === 2) return Promise.reject(new Error("busy"));
        if (sent === 3) return Promise.reject(new Error("broken"));
        return new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason));
        });
      },
    });
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["answered", "refused", "failed", "hung"],
    );
    assert.match(outcomes[2]?.message ?? "", /broken/);
  });

  test("counts the time that a late generator costs", async () => {
    const outcomes = await runOpenLoop({
      requests,
      arrivalsMs: [0, 1],
      hangMs: 1000,
      isRefusal,
      rerank() {
        const untilMs = performance.now() + 20;
        while (performance.now() < untilMs);
        return Promise.resolve([0, 0]);
      },
    });
    assert.ok((outcomes[1]?.latencyMs ?? 0) >= 38, `${outcomes[1]?.latencyMs} ms`);
  });
});
