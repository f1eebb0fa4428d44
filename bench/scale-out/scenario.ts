import { setTimeout as wait } from "node:timers/promises";
import type { FrontKind } from "./balancers.ts";
import type { Replica } from "./replica.ts";
import type { Phase } from "./tally.ts";
import { startTraffic, type Tallies } from "./traffic.ts";

/** What happens to the first of the replicas. */
export type FaultName = "killed" | "drained" | "frozen";

/** The faults in their order. */
export const faultNames: readonly FaultName[] = ["killed", "drained", "frozen"];

/** What one scenario showed. */
export interface ScenarioResult {
  readonly front: string;
  readonly fault: FaultName;
  readonly tallies: Tallies;
  /** Unary calls that each replica ended, in each phase. */
  readonly unary: Readonly<Record<Phase, readonly number[]>>;
  /** Streams that each replica had when the traffic stopped. */
  readonly streamsAtEnd: readonly number[];
}

/** What a scenario needs. */
export interface ScenarioOptions {
  readonly root: string;
  readonly kind: FrontKind;
  readonly replicas: readonly Replica[];
  readonly fault: FaultName;
}

/** Time with every replica in its place, in ms. */
const beforeMs = 4_000;
/** Time without the replica: more than two health checks and a deadline, in ms. */
const goneMs = 6_000;
/** The same for a frozen one, which takes longer to be noticed: more than a ping and its wait. */
const frozenMs: Readonly<Record<string, number>> = { "client library": 36_000 };
const defaultFrozenMs = 10_000;
/** Time for balancers to see that the replica is back, and to use it, in ms. */
const afterMs = 6_000;

/** Runs one scenario. All replicas serve before it and after it. */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const { root, kind, replicas, fault } = options;
  const [victim] = replicas;
  if (victim === undefined) throw new Error("there is no replica");
  const front = await kind.start(
    root,
    replicas.map(({ port }) => port),
  );
  const traffic = await startTraffic(front);
  const counts = (): number[] => replicas.map((replica) => replica.counts().unary);
  const marks = [counts()];
  try {
    await wait(beforeMs);
    marks.push(counts());
    traffic.enter("during");
    await disturb(victim, fault, frozenMs[kind.name] ?? defaultFrozenMs);
    marks.push(counts());
    traffic.enter("after");
    await wait(afterMs);
  } finally {
    victim.signal("SIGCONT");
    const ended = replicas.map((replica) => replica.counts().streams);
    await traffic.stop();
    marks.push(counts());
    await front.stop();
    const total = replicas.map((replica) => replica.counts().streams);
    marks.push(total.map((count, index) => count - (ended[index] ?? 0)));
  }
  const between = (index: number): number[] =>
    (marks[index + 1] ?? []).map((count, replica) => count - (marks[index]?.[replica] ?? 0));
  return {
    front: kind.name,
    fault,
    tallies: traffic.tallies,
    unary: { before: between(0), during: between(1), after: between(2) },
    streamsAtEnd: marks.at(-1) ?? [],
  };
}

/** Takes a replica away and gives it back. */
async function disturb(victim: Replica, fault: FaultName, freezeMs: number): Promise<void> {
  switch (fault) {
    case "killed":
    case "drained":
      victim.signal(fault === "killed" ? "SIGKILL" : "SIGTERM");
      await wait(goneMs);
      await victim.restart();
      return;
    case "frozen":
      victim.signal("SIGSTOP");
      await wait(freezeMs);
      victim.signal("SIGCONT");
  }
}
