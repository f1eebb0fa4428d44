import { setTimeout as wait } from "node:timers/promises";
import { createRerankClient } from "../../client/src/index.ts";
import { readCpuMs } from "../process/cpu.ts";
import type { Front, FrontKind } from "./balancers.ts";
import { type Replica, startReplica } from "./replica.ts";

/** What a number of replicas does behind a front, under as much load as they take. */
export interface Throughput {
  readonly front: string;
  readonly replicas: number;
  /** Documents that were answered, each second of time. */
  readonly documentsPerSecond: number;
  /** Documents that were answered, for each second of a core that replicas and front used. */
  readonly documentsPerCoreSecond: number;
  /** The front's part of that time, 0 to 1. */
  readonly frontShare: number;
  /** Cores that replicas and front used at once. */
  readonly cores: number;
  readonly failed: number;
}

/** How many replicas are compared. */
export const replicaCounts = [1, 2, 4] as const;
/** Calls under way at a time, for each replica. */
const callersPerReplica = 6;
const documentsPerCall = 20;
const warmUpMs = 1_500;
const measuredMs = 5_000;
const deadlineMs = 20_000;

const sentence = "The minutes of the meeting say who does what until when. ";
const documents = Array.from(
  { length: documentsPerCall },
  (_item, n) => `${n} ${sentence.repeat(3)}`,
);

/** Measures each number of replicas behind a front, one after the other. */
export async function measureThroughput(root: string, kind: FrontKind): Promise<Throughput[]> {
  const results: Throughput[] = [];
  for (const count of replicaCounts) {
    const replicas: Replica[] = [];
    try {
      for (let n = 0; n < count; n += 1) replicas.push(await startReplica(root));
      const front = await kind.start(
        root,
        replicas.map(({ port }) => port),
      );
      try {
        results.push(await measureOnce(kind.name, front, replicas));
      } finally {
        await front.stop();
      }
    } finally {
      for (const replica of replicas) await replica.stop();
    }
  }
  return results;
}

async function measureOnce(
  name: string,
  front: Front,
  replicas: readonly Replica[],
): Promise<Throughput> {
  const client = createRerankClient({ url: front.grpcUrls, timeoutMs: deadlineMs });
  let answered = 0;
  let failed = 0;
  let stopping = false;
  const call = async (caller: number): Promise<void> => {
    for (let n = 0; !stopping; n += 1) {
      // Queries of their own, so that nothing is scored once for several calls.
      const query = `who does what, asked by ${caller} for the time ${n}`;
      await client.rerank({ query, documents }).then(
        () => {
          answered += documentsPerCall;
        },
        () => {
          failed += 1;
        },
      );
    }
  };
  const used = (): { readonly front: number; readonly all: number } => {
    const own = front.pid === undefined ? 0 : readCpuMs(front.pid);
    return { front: own, all: own + replicas.reduce((sum, { pid }) => sum + readCpuMs(pid()), 0) };
  };
  const read = () => ({ answered, failed, used: used(), atMs: performance.now() });
  const callers = Array.from({ length: callersPerReplica * replicas.length }, (_item, n) =>
    call(n),
  );
  try {
    await wait(warmUpMs);
    const start = read();
    await wait(measuredMs);
    const end = read();
    const seconds = (end.atMs - start.atMs) / 1_000;
    const coreSeconds = (end.used.all - start.used.all) / 1_000;
    return {
      front: name,
      replicas: replicas.length,
      documentsPerSecond: (end.answered - start.answered) / seconds,
      documentsPerCoreSecond: (end.answered - start.answered) / coreSeconds,
      frontShare: (end.used.front - start.used.front) / 1_000 / coreSeconds,
      cores: coreSeconds / seconds,
      failed: end.failed - start.failed,
    };
  } finally {
    stopping = true;
    await Promise.all(callers);
    await client.close();
  }
}
