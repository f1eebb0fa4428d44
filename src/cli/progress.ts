import type { DownloadProgress } from "../models/hub-download.ts";

/** Where progress is written, for example `process.stderr`. */
export interface ProgressStream {
  write(text: string): unknown;
  /** Whether a person watches; decides between a bar and lines. */
  readonly isTTY?: boolean | undefined;
  /** The terminal's width in characters. */
  readonly columns?: number | undefined;
}

/** How progress is written. */
export interface ProgressDisplayOptions {
  /** Environment variables; `NO_COLOR` and `TERM=dumb` are honoured. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Returns a time in milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/** Shows a download to a person. */
export interface ProgressDisplay {
  /** Shows how far the download is. */
  update(progress: DownloadProgress): void;
  /** Ends the bar's line. Called once, when the download has ended or failed. */
  done(): void;
}

/** Fast enough to look smooth, slow enough to cost nothing. */
const redrawEveryMs = 100;
const barWidth = 24;
const defaultColumns = 80;
/** A log gets a line at each of these steps. */
const percentStep = 10;

const clearLine = "\r\u001B[2K";
const green = "\u001B[32m";
const plain = "\u001B[39m";

/**
 * Returns a display that draws a bar on a terminal, and elsewhere writes a line for each file and
 * each 10%.
 */
export function createProgressDisplay(
  stream: ProgressStream,
  options: ProgressDisplayOptions = {},
): ProgressDisplay {
  const { env = {}, now = () => performance.now() } = options;
  return stream.isTTY && env.TERM !== "dumb"
    ? createBar(stream, !env.NO_COLOR, now)
    : createLines(stream);
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

function createBar(stream: ProgressStream, color: boolean, now: () => number): ProgressDisplay {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let latest: DownloadProgress | undefined;
  const draw = (progress: DownloadProgress) => {
    const share = shareOf(progress);
    const filled = Math.floor(share * barWidth);
    const full = "#".repeat(filled);
    const rest = "-".repeat(barWidth - filled);
    const numbers = `${percentOf(progress)}% ${sizesOf(progress)}`;
    const room = (stream.columns ?? defaultColumns) - barWidth - numbers.length - 5;
    const name = room > 0 ? progress.file.slice(-room) : "";
    stream.write(
      `${clearLine}[${color ? green : ""}${full}${color ? plain : ""}${rest}] ${numbers} ${name}`,
    );
  };
  return {
    update(progress) {
      latest = progress;
      if (now() - drawnAt < redrawEveryMs) return;
      drawnAt = now();
      draw(progress);
    },
    done() {
      if (latest === undefined) return;
      draw(latest);
      stream.write("\n");
      latest = undefined;
    },
  };
}

function createLines(stream: ProgressStream): ProgressDisplay {
  let file = "";
  let shownPercent = 0;
  return {
    update(progress) {
      if (progress.file !== file) {
        file = progress.file;
        stream.write(`${file}: ${formatBytes(progress.fileTotalBytes)}\n`);
      }
      const percent = percentOf(progress);
      if (percent < shownPercent + percentStep) return;
      shownPercent = percent - (percent % percentStep);
      stream.write(`${percent}%: ${sizesOf(progress)}\n`);
    },
    done() {},
  };
}

function shareOf({ bytes, totalBytes }: DownloadProgress): number {
  return totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes);
}

function percentOf(progress: DownloadProgress): number {
  return Math.floor(shareOf(progress) * 100);
}

function sizesOf({ bytes, totalBytes }: DownloadProgress): string {
  return `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
}
