/** What the page's corner shows of the metrics. */
export interface ServerFigures {
  /** Tokens that wait. */
  readonly queueTokens: number;
  /** Tokens a second that the model reads while it works; undefined before its first batch. */
  readonly tokensPerSecond: number | undefined;
}

/** Reads the figures from Prometheus' text format; undefined if they are not in it. */
export function figuresOf(text: string): ServerFigures | undefined {
  // Of several models the sum.
  const value = (name: string): number | undefined => {
    const found = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([^ \\n]+)`, "gm"))];
    if (found.length === 0) return undefined;
    return found.reduce((sum, [, number]) => sum + Number(number), 0);
  };
  const queueTokens = value("rerankd_queue_tokens");
  if (queueTokens === undefined) return undefined;
  const tokens = value("rerankd_batch_tokens_sum") ?? 0;
  const seconds = value("rerankd_batch_duration_seconds_sum") ?? 0;
  return { queueTokens, tokensPerSecond: seconds > 0 ? tokens / seconds : undefined };
}
