import type { DownloadProgress } from "../models/hub-download.ts";
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
  const bar = createProgressBar(stream, options);
  return { update: (progress) => bar.update(progressOf(progress)), done: bar.done };
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

function progressOf({ file, fileTotalBytes, bytes, totalBytes }: DownloadProgress): Progress {
  return {
    share: totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes),
    numbers: `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
    label: file,
    heading: `${file}: ${formatBytes(fileTotalBytes)}`,
  };
}
