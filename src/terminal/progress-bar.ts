/** Where progress is written, for example `process.stderr`. */
export interface ProgressStream {
  write(text: string): unknown;
  /** Whether a person watches; decides between a bar and lines. */
  readonly isTTY?: boolean | undefined;
  /** The terminal's width in characters. */
  readonly columns?: number | undefined;
}

/** How progress is written. */
export interface ProgressBarOptions {
  /** Environment variables; `NO_COLOR` and `TERM=dumb` are honoured. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Returns a time in milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/** How far something is. */
export interface Progress {
  /** From 0 to 1; undefined: how much there is to do is not known. */
  readonly share: number | undefined;
  /** What is done and what is left, for example `12 of 24 queries`. */
  readonly numbers: string;
  /** What is being worked on; its end is shown where there is space. */
  readonly label: string;
  /** A line that a log gets once, when it changes. Default: none. */
  readonly heading?: string;
}

/** Shows progress to a person. */
export interface ProgressBar {
  /** Shows how far it is. */
  update(progress: Progress): void;
  /** Ends the bar's line. Called once, when the work has ended or failed. */
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
 * Returns a display that draws a bar on a terminal, and elsewhere writes a line for each heading and
 * each 10%.
 */
export function createProgressBar(
  stream: ProgressStream,
  options: ProgressBarOptions = {},
): ProgressBar {
  const { env = {}, now = () => performance.now() } = options;
  return stream.isTTY && env.TERM !== "dumb"
    ? createBar(stream, !env.NO_COLOR, now)
    : createLines(stream);
}

function createBar(stream: ProgressStream, color: boolean, now: () => number): ProgressBar {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let latest: Progress | undefined;
  const draw = (progress: Progress) => {
    if (progress.share === undefined) {
      stream.write(`${clearLine}${progress.numbers}`);
      return;
    }
    const filled = Math.floor(progress.share * barWidth);
    const full = "#".repeat(filled);
    const rest = "-".repeat(barWidth - filled);
    const numbers = `${percentOf(progress)}% ${progress.numbers}`;
    const nameColumns = (stream.columns ?? defaultColumns) - barWidth - numbers.length - 5;
    const name = nameColumns > 0 ? progress.label.slice(-nameColumns) : "";
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

function createLines(stream: ProgressStream): ProgressBar {
  let shownHeading: string | undefined;
  let shownPercent = 0;
  return {
    update(progress) {
      const { heading, numbers } = progress;
      if (heading !== undefined && heading !== shownHeading) stream.write(`${heading}\n`);
      shownHeading = heading;
      if (progress.share === undefined) return;
      const percent = percentOf(progress);
      if (percent < shownPercent + percentStep) return;
      shownPercent = percent - (percent % percentStep);
      stream.write(`${percent}%: ${numbers}\n`);
    },
    done() {},
  };
}

function percentOf({ share = 0 }: Progress): number {
  return Math.floor(share * 100);
}
