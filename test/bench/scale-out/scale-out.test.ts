import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { startReplica } from "../../../bench/scale-out/replica.ts";
import { scaleOutTables, throughputTable } from "../../../bench/scale-out/report.ts";
import { statusOf } from "../../../bench/scale-out/request.ts";
import { createCounter, describeCounts, describeShares } from "../../../bench/scale-out/tally.ts";
import { createRerankClient, RerankClientError } from "../../../client/src/index.ts";
import { packageRoot } from "../../server-process.ts";

/** Calls until the condition holds. */
async function callUntil(call: () => Promise<unknown>, condition: () => boolean): Promise<void> {
  for (let calls = 0; !condition() && calls < 1_000; calls += 1) await call();
  assert(condition());
}

suite("three replicas without a balancer", () => {
  test("answer every call while one is killed and when it is back", async (t) => {
    const replicas = await Promise.all([1, 2, 3].map(() => startReplica(packageRoot)));
    t.after(() => Promise.all(replicas.map((replica) => replica.stop())));
    const [victim] = replicas;
    assert(victim);
    const url = replicas.map(({ port }) => `http://127.0.0.1:${port}`);
    const client = createRerankClient({ url });
    t.after(() => client.close());
    const call = () => client.rerank({ query: "red fruit", documents: ["an apple", "a car"] });
    const unary = () => replicas.map((replica) => replica.counts().unary);
    await callUntil(call, () => unary().every((count) => count > 0));

    const inFlight = Array.from({ length: 24 }, call);
    await Promise.race(inFlight);
    victim.signal("SIGKILL");
    const outcomes = await Promise.allSettled(inFlight);

    assert.deepEqual(
      outcomes.filter(({ status }) => status === "rejected"),
      [],
    );
    for (let calls = 0; calls < 12; calls += 1) await call();

    await victim.restart();
    const before = victim.counts().unary;
    await callUntil(call, () => victim.counts().unary > before);
  });
});

suite("createCounter()", () => {
  test("counts answers, failures by status, and streams that ended", async () => {
    const counter = createCounter(statusOf);

    await counter.count(async () => {});
    await counter.count(() => Promise.reject(new RerankClientError("unavailable", "gone")));
    await counter.count(() => Promise.reject(new DOMException("late", "TimeoutError")));
    counter.streamEnded("closed");

    const { slowestMs, ...counts } = counter.tally;
    assert(slowestMs >= 0);
    assert.deepEqual(counts, {
      sent: 3,
      answered: 1,
      failed: { unavailable: 1, "no answer in time": 1 },
      streamsEnded: { closed: 1 },
    });
  });
});

suite("describeCounts() and describeShares()", () => {
  test("tell counts by name, and nothing as `none`", () => {
    assert.equal(describeCounts({ unavailable: 2, closed: 1 }), "1 closed, 2 unavailable");
    assert.equal(describeCounts({}), "none");
  });

  test("tell shares in percent, and a whole of nothing as a dash", () => {
    assert.equal(describeShares([1, 1, 2]), "25 / 25 / 50");
    assert.equal(describeShares([0, 0]), "–");
  });
});

suite("scaleOutTables()", () => {
  test("sums the phases of a scenario, and shows the load of each", () => {
    const tally = (sent: number, failed: Record<string, number>) => ({
      sent,
      answered: sent - 1,
      failed,
      slowestMs: sent,
      streamsEnded: {},
    });
    const before = tally(1, {});
    const during = tally(2_000, { unavailable: 1 });
    const after = tally(3, { unavailable: 1, internal: 1 });

    const tables = scaleOutTables([
      {
        front: "nginx",
        fault: "killed",
        tallies: new Map([["gRPC", { before, during, after }]]),
        unary: { before: [1, 1, 2], during: [0, 1, 1], after: [0, 0, 0] },
        streamsAtEnd: [0, 3, 3],
      },
    ]);

    assert(
      tables.includes(
        "| nginx | killed | gRPC | 2,004 | 2,001 | 1 internal, 2 unavailable | 2,000 |",
      ),
    );
    assert(tables.includes("| nginx | killed | 25 / 25 / 50 | 0 / 50 / 50 | – | 0 / 3 / 3 |"));
  });
});

suite("throughputTable()", () => {
  test("has a row for each number of replicas, with what a core does", () => {
    const result = { front: "Envoy", replicas: 2, documentsPerSecond: 1234.4, failed: 0 };
    const shares = { documentsPerCoreSecond: 650.2, frontShare: 0.052, cores: 1.9 };

    const [headings, rules, ...rows] = throughputTable([{ ...result, ...shares }]).split("\n");

    assert.match(headings ?? "", /\| documents\/s of one core \|/);
    assert.match(rules ?? "", /^\| --- \| ---: /);
    assert.deepEqual(rows, ["| Envoy | 2 | 1,234 | 1.90 | 650 | 5% | 0 |"]);
  });
});
