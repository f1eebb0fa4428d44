import { setTimeout as wait } from "node:timers/promises";
import { chooseWorkers } from "../../../src/engine/choose-workers.ts";
import { createEngine, type Engine } from "../../../src/engine/engine.ts";
import { RerankError } from "../../../src/errors.ts";
import { openModel } from "../../../src/models/open-model.ts";
import { defaultRequestLimits } from "../../../src/reranker/check-request.ts";
import type { RerankObserver } from "../../../src/reranker/rerank-request.ts";
import { cutDocument } from "../../corpus/corpus.ts";
import type { PassagePool } from "../../corpus/passages.ts";
import { poissonArrivalsMs } from "../../load/arrivals.ts";
import { createRandom, pickOne, type Random } from "../../random.ts";
import { median, round3 } from "../../statistics.ts";
import { type BenchContext, type FigureGroup, loadClients } from "../figure.ts";

/** How many documents of how many tokens each. */
export interface Shape {
  readonly documents: number;
  readonly tokens: number;
}

/** How much is asked. */
interface Scale {
  /** Requests on an idle server, and how long that may take at most, in ms. */
  readonly requests: number;
  readonly idleMs: number;
  readonly largest: Shape;
  /** How long twice the capacity comes, in ms, and of which shapes. */
  readonly loadMs: number;
  readonly largestInLoad: Shape;
}

const fullScale: Scale = {
  requests: 1000,
  idleMs: 600_000,
  largest: { documents: 1000, tokens: 500 },
  loadMs: 30_000,
  largestInLoad: { documents: 50, tokens: 300 },
};
const quickScale: Scale = {
  requests: 60,
  idleMs: 4_000,
  largest: { documents: 40, tokens: 120 },
  loadMs: 2_000,
  largestInLoad: { documents: 20, tokens: 100 },
};

const smallest: Shape = { documents: 1, tokens: 5 };
/** Deadlines are the expected time, times a factor between these. */
const [leastFactor, mostFactor] = [0.5, 4];
/** Arrivals over capacity. */
const overload = 2;
/** Requests from which the capacity is taken. */
const capacityRequests = 80;
/** Under load a deadline leaves this much more, in ms, to wait for others. */
const patienceMs = 200;
/** Times that each of the two requests is sent from which the expected time is taken. */
const calibrations = 5;

/** How a request ended; `late_before`: its deadline passed before it could be taken. */
type End = "answered" | "refused" | "late" | "late_before";

/** One request with a deadline. */
interface Asked {
  readonly end: End;
  /** When it came, what it was granted, and when it was answered or refused, in ms. */
  readonly sentMs: number;
  readonly deadlineMs: number;
  readonly endedMs: number;
  /** How long it should take alone, in ms. */
  readonly aloneMs: number;
}

/** What runs, and when it ran. */
interface Subject {
  readonly engine: Engine;
  readonly pool: PassagePool;
  readonly random: Random;
  /** When the model was busy, oldest first. */
  readonly busy: Interval[];
  /** Returns how long a shape should take alone, in ms. */
  expect(shape: Shape): number;
}

/** A time from start to end, in ms. */
export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * What admission refuses for nothing: on an idle server, of requests of all shapes and with deadlines
 * about what they take, those that are in time when they are sent again without a deadline; and at
 * twice the capacity, those for which the model was idle long enough before their deadline.
 */
export const admission: FigureGroup = {
  figures: ["admission"],
  quick: true,
  async run(context) {
    const scale = context.settings.quick ? quickScale : fullScale;
    await withSubject(context, async (subject) => {
      await askWhileIdle(context, subject, scale);
      await askUnderLoad(context, subject, scale);
    });
  },
};

async function withSubject(
  { model, passages, settings }: BenchContext,
  use: (subject: Subject) => Promise<void>,
): Promise<void> {
  const busy: Interval[] = [];
  const choice = { dtype: model.autoDtype, device: "cpu" } as const;
  const opened = await openModel({ name: model.name, directory: model.folder, ...choice });
  const threads = settings.threadsAsked ? settings.threads : 0;
  const engine = await createEngine({
    model: opened,
    device: "cpu",
    plan: await chooseWorkers(opened, { workers: 0, threads, device: "cpu" }),
    spinning: false,
    maxLength: model.maxLength,
    limits: defaultRequestLimits,
    servedModels: [model.name],
    admission: { maxQueueTokens: 2_000_000, maxQueueMs: 5_000 },
    cacheMb: 0,
    maxBatchTokens: undefined,
    onBatch({ ranMs }) {
      const endMs = performance.now();
      busy.push({ startMs: endMs - ranMs, endMs });
    },
  });
  try {
    const random = createRandom(settings.seed);
    const pool = pickOne(random, passages.pools);
    const unmeasured: Subject = { engine, pool, random, busy, expect: () => 0 };
    await use({ ...unmeasured, expect: await calibrate(unmeasured) });
  } finally {
    await engine.close();
  }
}

/** Measures a small and a large request; what lies between is expected on the line through them. */
async function calibrate(subject: Subject): Promise<Subject["expect"]> {
  const large: Shape = { documents: 20, tokens: 100 };
  const [smallMs, largeMs] = [await timeOf(subject, smallest), await timeOf(subject, large)];
  const tokensOf = ({ documents, tokens }: Shape): number => documents * tokens;
  const tokenMs = Math.max(0, largeMs - smallMs) / (tokensOf(large) - tokensOf(smallest));
  return (shape) => smallMs + tokenMs * (tokensOf(shape) - tokensOf(smallest));
}

async function timeOf(subject: Subject, shape: Shape): Promise<number> {
  const times: number[] = [];
  for (let time = 0; time < calibrations; time += 1) {
    const startMs = performance.now();
    await rank(subject, shape);
    times.push(performance.now() - startMs);
  }
  return median(times);
}

async function askWhileIdle(
  context: BenchContext,
  subject: Subject,
  { requests, largest, idleMs }: Scale,
): Promise<void> {
  const { random } = subject;
  const shapes = shapesUpTo(largest, requests, random);
  const ends: End[] = [];
  let needless = 0;
  const startMs = performance.now();
  for (const shape of shapes) {
    if (performance.now() - startMs > idleMs) break;
    const factor = between(leastFactor, mostFactor, random);
    const { end, deadlineMs } = await ask(subject, shape, factor * subject.expect(shape));
    ends.push(end);
    await untilIdle(subject);
    if (end !== "refused") continue;
    const againMs = performance.now();
    await rank(subject, shape);
    if (performance.now() - againMs <= deadlineMs) needless += 1;
  }
  record(context, "idle", ends, needless);
}

async function askUnderLoad(
  context: BenchContext,
  subject: Subject,
  { loadMs, largestInLoad }: Scale,
): Promise<void> {
  const { random, busy } = subject;
  const { perSecond: capacity, modelShare } = await measureCapacity(subject, largestInLoad);
  const perSecond = overload * capacity;
  const arrivalsMs = poissonArrivalsMs({ perSecond, durationMs: loadMs, random });
  const shapes = shapesUpTo(largestInLoad, arrivalsMs.length, random);
  const startMs = performance.now();
  const asked = await Promise.all(
    arrivalsMs.map(async (arrivalMs, index) => {
      await wait(arrivalMs);
      const shape = shapes[index] ?? smallest;
      const factor = between(1, mostFactor, random);
      return await ask(subject, shape, factor * subject.expect(shape) + patienceMs);
    }),
  );
  await untilIdle(subject);
  const during = busy.filter(({ endMs }) => endMs >= startMs);
  const needless = asked.filter(({ end, sentMs, deadlineMs, endedMs, aloneMs }) => {
    if (end !== "refused") return false;
    const window = { startMs: endedMs, endMs: Math.max(endedMs, sentMs + deadlineMs) };
    return idleMsWithin(window, during) >= modelShare * aloneMs;
  });
  const ends = asked.map(({ end }) => end);
  record(context, `${overload} × capacity`, ends, needless.length);
}

/**
 * Returns how many requests are answered in a second if there are always some to answer, and how
 * much of the time that a request takes alone is the model's.
 */
async function measureCapacity(
  subject: Subject,
  largest: Shape,
): Promise<{ readonly perSecond: number; readonly modelShare: number }> {
  const { random, busy } = subject;
  const shapes = shapesUpTo(largest, capacityRequests, random);
  const aloneMs = shapes.reduce((sum, shape) => sum + subject.expect(shape), 0);
  const startMs = performance.now();
  const waiting = shapes.values();
  const client = async (): Promise<void> => {
    for (const shape of waiting) await rank(subject, shape);
  };
  await Promise.all(Array.from({ length: loadClients }, client));
  const elapsedMs = performance.now() - startMs;
  const window = { startMs, endMs: startMs + elapsedMs };
  const modelMs = elapsedMs - idleMsWithin(window, busy);
  return {
    perSecond: (capacityRequests * 1000) / elapsedMs,
    modelShare: Math.min(1, modelMs / aloneMs),
  };
}

function record(
  { record: keep, model }: BenchContext,
  load: string,
  ends: readonly End[],
  needless: number,
): void {
  const countOf = (wanted: End): number => ends.filter((end) => end === wanted).length;
  keep({
    figure: "admission",
    model: model.name,
    dtype: model.autoDtype,
    load,
    asked: ends.length,
    answered: countOf("answered"),
    late: countOf("late"),
    late_before: countOf("late_before"),
    refused: countOf("refused"),
    refused_share: round3(countOf("refused") / Math.max(1, ends.length)),
    needless,
  });
}

async function ask(subject: Subject, shape: Shape, deadlineMs: number): Promise<Asked> {
  const facts = { sentMs: performance.now(), deadlineMs, aloneMs: subject.expect(shape) };
  let wasTaken = false;
  const observer = {
    tokenized() {},
    scored() {
      wasTaken = true;
    },
  };
  try {
    await rank(subject, shape, { timeoutMs: deadlineMs, observer });
    return { ...facts, endedMs: performance.now(), end: "answered" };
  } catch (error) {
    const endedMs = performance.now();
    const code = error instanceof RerankError ? error.code : undefined;
    if (code === "deadline_exceeded")
      return { ...facts, endedMs, end: wasTaken ? "late" : "late_before" };
    if (code === "resource_exhausted") return { ...facts, endedMs, end: "refused" };
    throw error;
  }
}

async function rank(
  { engine, pool, random }: Subject,
  { documents, tokens }: Shape,
  limited: { readonly timeoutMs?: number; readonly observer?: RerankObserver } = {},
): Promise<void> {
  const request = {
    query: pickOne(random, pool.queries).slice(0, 20),
    documents: Array.from({ length: documents }, () => cutDocument(pool, tokens, random)),
  };
  const { timeoutMs } = limited;
  const signal =
    timeoutMs === undefined
      ? new AbortController().signal
      : AbortSignal.timeout(Math.ceil(timeoutMs));
  await engine.reranker.rerank(request, { signal, ...limited });
}

/** The batch that runs cannot be ended: a request that is answered has come after it. */
async function untilIdle(subject: Subject): Promise<void> {
  await rank(subject, smallest);
}

/**
 * Returns shapes from 1 × 5 tokens up to the largest, both included, with as many small as large ones
 * in each of the two, in random order.
 */
export function shapesUpTo(largest: Shape, count: number, random: Random): Shape[] {
  const shapes = Array.from({ length: Math.max(0, count - 2) }, () => ({
    documents: Math.round(between(smallest.documents, largest.documents, random)),
    tokens: Math.round(between(smallest.tokens, largest.tokens, random)),
  }));
  for (const extreme of [smallest, largest].slice(0, count)) {
    shapes.splice(Math.floor(random() * (shapes.length + 1)), 0, extreme);
  }
  return shapes;
}

/** Returns a number between two others, whose logarithm is spread evenly. */
function between(least: number, most: number, random: Random): number {
  return least * (most / least) ** random();
}

/** Returns how long nothing ran within a window. The intervals do not overlap. */
export function idleMsWithin(window: Interval, busy: readonly Interval[]): number {
  const overlapOf = ({ startMs, endMs }: Interval): number =>
    Math.max(0, Math.min(endMs, window.endMs) - Math.max(startMs, window.startMs));
  const busyMs = busy.reduce((sum, interval) => sum + overlapOf(interval), 0);
  return window.endMs - window.startMs - busyMs;
}
