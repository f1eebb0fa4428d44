import type { ServerSample } from "./saboteur-protocol.ts";
import { median, slopePerMinute } from "./slope.ts";
import type { Tally } from "./tally.ts";

/** What the server held at a time since the start of the soak. */
export interface SoakSample extends ServerSample {
  readonly minutes: number;
}

/** What was seen during a soak. */
export interface SoakFigures {
  readonly minutes: number;
  /** Everything that clients did, good and bad. */
  readonly acts: number;
  readonly crashes: number;
  /** How the server ended after SIGTERM. */
  readonly status: number | NodeJS.Signals | null;
  /** How the good calls ended. */
  readonly tally: Pick<Tally, "sent" | "answered" | "refused" | "unreached" | "lost">;
  readonly samples: readonly SoakSample[];
}

/** The figures that decide, and whether they are good enough. Sizes in megabytes of 1e6 bytes. */
export interface Verdict {
  readonly passed: boolean;
  readonly minutes: number;
  readonly acts: number;
  readonly crashes: number;
  readonly answered: number;
  readonly refused: number;
  readonly lost: number;
  readonly rssMb: readonly [number, number];
  readonly rssMbPer10Minutes: number;
  readonly heapMbPer10Minutes: number;
  /** Medians of the first and of the last third after the warm-up. */
  readonly handles: readonly [number, number];
  readonly descriptors: readonly [number, number];
  readonly sockets: readonly [number, number];
}

/** The share of a soak that is warm-up: caches fill and the allocator finds its size. */
const warmUpShare = 1 / 3;

/** The most that memory may grow, in megabytes in ten minutes. */
const maxMbPer10Minutes = 1;

/** Handles and descriptors that come and go with the moment of the sample. */
const flatWithin = 3;

/** Returns the verdict on a soak. */
export function judge(figures: SoakFigures): Verdict {
  const { minutes, acts, crashes, status, tally, samples } = figures;
  const warm = samples.filter((sample) => sample.minutes >= minutes * warmUpShare);
  const third = Math.ceil(warm.length / 3);
  const ends = (key: keyof ServerSample, unit = 1): readonly [number, number] => {
    const of = (part: readonly SoakSample[]) => round(median(part.map((each) => each[key])) / unit);
    return [of(warm.slice(0, third)), of(warm.slice(-third))];
  };
  const growth = (key: keyof ServerSample): number =>
    round(
      (slopePerMinute(warm.map((each) => ({ minutes: each.minutes, value: each[key] }))) * 10) /
        1e6,
    );
  const isFlat = ([first, last]: readonly [number, number]): boolean => last - first <= flatWithin;
  const handles = ends("handles");
  const descriptors = ends("descriptors");
  const rssMbPer10Minutes = growth("rssBytes");
  const { answered, refused, lost } = tally;
  return {
    passed:
      rssMbPer10Minutes <= maxMbPer10Minutes &&
      isFlat(handles) &&
      isFlat(descriptors) &&
      lost === 0 &&
      status === 0,
    minutes,
    acts,
    crashes,
    answered,
    refused,
    lost,
    rssMb: ends("rssBytes", 1e6),
    rssMbPer10Minutes,
    heapMbPer10Minutes: growth("heapBytes"),
    handles,
    descriptors,
    sockets: ends("sockets"),
  };
}

/** Returns the verdict as the table of the document. */
export function linesOf(verdict: Verdict): readonly string[] {
  const { minutes, acts, crashes, answered, refused, lost, rssMb, handles, descriptors } = verdict;
  const { rssMbPer10Minutes, heapMbPer10Minutes, passed } = verdict;
  const cells = [
    minutes,
    acts,
    crashes,
    answered,
    refused,
    lost,
    `${rssMb[0]} → ${rssMb[1]} MB`,
    `${rssMbPer10Minutes} MB`,
    `${heapMbPer10Minutes} MB`,
    `${handles[0]} → ${handles[1]}`,
    `${descriptors[0]} → ${descriptors[1]}`,
    passed ? "passed" : "failed",
  ];
  return [
    "| minutes | acts | crashes | answered | refused | lost | RSS | RSS in 10 min | heap in 10 min | handles | descriptors | |",
    `|${" ---: |".repeat(cells.length - 1)} --- |`,
    `| ${cells.join(" | ")} |`,
  ];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
