import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { WorkerCrashError } from "../../src/errors.ts";
import type { Backend, EncodedBatch } from "../../src/inference/backend.ts";
import { createProcessorTurns, type ProcessorShare } from "../../src/inference/processor-turns.ts";
import { createFakeBackend, type FakeBackend } from "../fakes/fake-backend.ts";

const batch: EncodedBatch = {
  rows: 1,
  length: 1,
  inputIds: Int32Array.of(1),
  typeIds: Uint8Array.of(0),
  lengths: Int32Array.of(1),
};

const settle = () => new Promise((resolve) => setImmediate(resolve));

interface ModelOptions {
  readonly weight?: number;
  readonly workers: number;
  readonly threads: number;
  /** How long a run takes with a core for each of its threads. */
  readonly runMs: number;
}

interface SimulatedModel extends ModelOptions {
  readonly workers: number;
  readonly lanes: { readonly backend: FakeBackend; readonly limited: Backend; leftMs: number }[];
  /** The time of cores that it had, in milliseconds. */
  usedMs: number;
  runs: number;
}

/** Simulates a machine: threads that run share its cores, in steps of a tenth of a millisecond. */
function simulate(cores: number, options: readonly ModelOptions[]) {
  let nowMs = 0;
  const turns = createProcessorTurns(cores, () => nowMs);
  const models = options.map((option): SimulatedModel => {
    const share: ProcessorShare = turns.join(option.weight ?? 1);
    const lanes = Array.from({ length: option.workers }, () => {
      const backend = createFakeBackend();
      return { backend, limited: share.limit(backend, option.threads), leftMs: option.runMs };
    });
    return { ...option, lanes, usedMs: 0, runs: 0 };
  });

  const stepMs = 0.1;
  async function step(): Promise<void> {
    const busy = models.flatMap((model) =>
      model.lanes
        .filter(({ backend }) => backend.running.length > 0)
        .map((lane) => ({ model, lane })),
    );
    const wanted = busy.reduce((sum, { model }) => sum + model.threads, 0);
    const doneMs = stepMs * Math.min(1, cores / Math.max(1, wanted));
    nowMs += stepMs;
    let ended = false;
    for (const { model, lane } of busy) {
      model.usedMs += doneMs * model.threads;
      lane.leftMs -= doneMs;
      if (lane.leftMs > 1e-9) continue;
      lane.leftMs = model.runMs;
      model.runs += 1;
      lane.backend.running[0]?.finish();
      ended = true;
    }
    if (ended) await settle();
  }

  /** Keeps every worker of a model supplied, with one batch that runs and one that is ready. */
  function load({ lanes }: SimulatedModel): void {
    for (const { limited } of lanes) {
      const feed = (): void => void limited.score(batch).then(feed);
      feed();
      feed();
    }
  }

  return {
    models,
    load,
    async pass(ms: number): Promise<void> {
      for (const endMs = nowMs + ms; nowMs < endMs; ) await step();
    },
    /** Runs one batch and returns how long it took. */
    async latencyOf(model: SimulatedModel): Promise<number> {
      const startedMs = nowMs;
      let done = false;
      void model.lanes[0]?.limited.score(batch).then(() => {
        done = true;
      });
      while (!done) await step();
      return nowMs - startedMs;
    },
  };
}

const small = { workers: 2, threads: 1, runMs: 4 };
const large = { workers: 1, threads: 2, runMs: 150 };

suite("turns of the processor", () => {
  test("are not waited for by a model that is alone", async () => {
    const turns = createProcessorTurns(1, () => 0);
    turns.join(1);
    const worker = createFakeBackend();
    const limited = turns.join(1).limit(worker, 1);

    const scores = [limited.score(batch), limited.score(batch)];

    assert.equal(worker.running.length, 2);
    for (const run of [...worker.running]) run.finish();
    await Promise.all(scores);
  });

  for (const [title, first, second] of [
    ["models of one kind", small, small],
    ["a small one and a large one", small, large],
    ["large ones", large, large],
    ["one with more workers", { ...small, workers: 4 }, small],
  ] as const) {
    for (const weight of [1, 3]) {
      test(`are divided by weight, ${weight} to 1: ${title}`, async () => {
        const { models, load, pass } = simulate(2, [{ ...first, weight }, second]);
        const [one, other] = models as [SimulatedModel, SimulatedModel];
        load(one);
        load(other);

        await pass(6_000);

        const used = one.usedMs + other.usedMs;
        assert(used > 0.95 * 2 * 6_000, `${used} ms of cores were used`);
        const expected = weight / (weight + 1);
        assert(Math.abs(one.usedMs / used / expected - 1) < 0.1, `${one.usedMs / used}`);
      });
    }
  }

  test("let a small model run beside a large one's runs, which it need not wait for", async () => {
    const { models, load, pass, latencyOf } = simulate(2, [small, large]);
    const [one, other] = models as [SimulatedModel, SimulatedModel];
    const aloneMs = await latencyOf(one);
    load(other);
    const latencies: number[] = [];
    for (let asked = 0; asked < 30; asked += 1) {
      await pass(17);
      latencies.push(await latencyOf(one));
    }

    assert(Math.max(...latencies) <= 2 * aloneMs, `${Math.max(...latencies)} of ${aloneMs}`);
    assert(other.runs > 0);
  });

  test("give a model nothing for the time in which it asked for nothing", async () => {
    const { models, load, pass } = simulate(2, [small, small]);
    const [one, other] = models as [SimulatedModel, SimulatedModel];
    load(one);
    await pass(2_000);
    const before = one.usedMs;
    load(other);
    await pass(2_000);

    assert(Math.abs((one.usedMs - before) / 4_000 - 0.5) < 0.05);
  });

  test("are of the processor: a model on another device waits for none", async () => {
    const turns = createProcessorTurns(1, () => 0);
    const onCpu = createFakeBackend();
    const onGpu = Object.assign(createFakeBackend(), { device: "cuda" });
    void turns.join(1).limit(onCpu, 1).score(batch);
    const limited = turns.join(1).limit(onGpu, 1);

    void limited.score(batch);
    void limited.score(batch);

    assert.equal(onGpu.running.length, 2);
  });

  test("end with a crash: what waited is lost to the same one, and the others go on", async () => {
    const turns = createProcessorTurns(1, () => 0);
    const crashing = createFakeBackend();
    const steady = createFakeBackend();
    const one = turns.join(1).limit(crashing, 1);
    const other = turns.join(1).limit(steady, 1);
    const lost = [one.score(batch), other.score(batch), one.score(batch)] as const;
    const causes = Promise.allSettled([lost[0], lost[2]]);

    crashing.crash(100);
    await settle();
    for (const run of [...steady.running]) run.finish();

    assert.deepEqual([...(await lost[1])], [1]);
    const [ran, waited] = (await causes).map((result) =>
      result.status === "rejected" ? result.reason : undefined,
    );
    assert(ran instanceof WorkerCrashError && waited instanceof WorkerCrashError);
    assert.deepEqual([ran.wasRunning, waited.wasRunning], [true, false]);
    assert.equal(ran.cause, waited.cause);
  });
});
