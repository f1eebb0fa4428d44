import { formatDuration } from "../../terminal/progress.ts";
import type { ProgressBar } from "../../terminal/progress-bar.ts";
import type { ListCounts } from "./checkpoint.ts";

/** What the progress of lists is measured by. */
export interface ListProgressOptions {
  readonly bar: ProgressBar;
  /** The name of the input. */
  readonly label: string;
  /** Bytes of the input; undefined: unknown. */
  readonly totalBytes: number | undefined;
  /** How far an earlier run was. */
  readonly startBytes: number;
  readonly startCounts: ListCounts;
  /** Returns a time in milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

const msPerSecond = 1_000;

/**
 * Returns a function that shows how far the input is, how fast lists and documents are ranked, and how
 * long the rest takes at the rate of this run.
 */
export function createListProgress({
  bar,
  label,
  totalBytes,
  startBytes,
  startCounts,
  now = () => performance.now(),
}: ListProgressOptions): (doneBytes: number, counts: ListCounts) => void {
  const startedMs = now();
  return (doneBytes, counts) => {
    const spentMs = Math.max(1, now() - startedMs);
    const gained = Math.max(1, doneBytes - startBytes);
    const share = totalBytes === undefined ? undefined : doneBytes / Math.max(1, totalBytes);
    const leftMs = (((totalBytes ?? 0) - doneBytes) * spentMs) / gained;
    const documents = counts.documents - startCounts.documents;
    const rate = formatCount((documents * msPerSecond) / spentMs);
    const left = share === undefined || share >= 1 ? "" : `, ${formatDuration(leftMs)} left`;
    const lists = formatCount(counts.ranked + counts.refused);
    const numbers = `${lists} lists, ${rate} documents/s${left}`;
    bar.update({ share: share === undefined ? undefined : Math.min(1, share), numbers, label });
  };
}

/** Returns a whole number with commas between thousands. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en");
}
