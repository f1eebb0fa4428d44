import type { DownloadProgress } from "../models/hub/hub-download.ts";
import {
  createProgressBar,
  type Progress,
  type ProgressBarOptions,
  type ProgressStream,
} from "./progress-bar.ts";

/** Shows a download to a person. */
export interface ProgressDisplay {
  /** Shows how far the download is. */
  update(progress: DownloadProgress): void;
  /** Ends the bar's line. Called once, when the download has ended or failed. */
  done(): void;
}

/**
 * Returns a display that draws a bar on a terminal, and elsewhere writes a line for each file and
 * each 10%.
 */
export function createProgressDisplay(
  stream: ProgressStream,
  options: ProgressBarOptions = {},
): ProgressDisplay {
  const { now = () => performance.now() } = options;
  const bar = createProgressBar(stream, options);
  const paceOf = createPace(now);
  return {
    update: (progress) => bar.update(progressOf(progress, paceOf(progress))),
    done: bar.done,
  };
}

/** The last stretch of a download that its speed is taken from, in milliseconds. */
const speedWindowMs = 10_000;

/** The shortest such stretch that gives a speed, in milliseconds. */
const minSpeedWindowMs = 1_000;

interface Pace {
  readonly bytesPerSecond: number;
  /** How long it will take, in milliseconds. */
  readonly leftMs: number;
}

/**
 * Returns a function that computes the recent speed, and how long the rest takes at that rate;
 * undefined as long as that is not known. What was there from an earlier run does not count.
 */
function createPace(now: () => number): (progress: DownloadProgress) => Pace | undefined {
  const seen: { readonly ms: number; readonly bytes: number }[] = [];
  return ({ bytes, totalBytes }) => {
    const ms = now();
    seen.push({ ms, bytes });
    while (seen[1] && ms - seen[1].ms >= speedWindowMs) seen.shift();
    const [first = { ms, bytes }] = seen;
    const [spentMs, gained] = [ms - first.ms, bytes - first.bytes];
    if (spentMs < minSpeedWindowMs || gained <= 0) return undefined;
    const leftMs = ((totalBytes - bytes) * spentMs) / gained;
    return { bytesPerSecond: (gained * 1000) / spentMs, leftMs };
  };
}

/** Returns a time as `5 s`, `3 min 20 s` or `2 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Returns a size as a person reads it, in powers of 1000: `999 B`, `1.5 kB`, `278 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

function progressOf(
  { file, fileTotalBytes, bytes, totalBytes }: DownloadProgress,
  pace: Pace | undefined,
): Progress {
  const left =
    pace !== undefined && bytes < totalBytes
      ? `, ${formatBytes(pace.bytesPerSecond)}/s, ${formatDuration(pace.leftMs)} left`
      : "";
  return {
    share: totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes),
    numbers: `${formatBytes(bytes)} of ${formatBytes(totalBytes)}${left}`,
    label: file,
    heading: `${file}: ${formatBytes(fileTotalBytes)}`,
  };
}
