/** Milliseconds in each unit of `grpc-timeout`. */
const unitMs = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 } as const;

/**
 * Shortens the deadline that a client asks for to `maxMs`, in place. Without this a deadline of a
 * month overflows the timer, which then fires at once. Values that are no deadline stay, and
 * Connect refuses them.
 */
export function capTimeoutHeaders(header: Headers, maxMs: number): void {
  const connectTimeout = header.get("connect-timeout-ms");
  if (connectTimeout !== null && Number(connectTimeout) > maxMs) {
    header.set("connect-timeout-ms", String(maxMs));
  }
  const match = /^(\d{1,8})([HMSmun])$/.exec(header.get("grpc-timeout") ?? "");
  if (match === null) return;
  const timeoutMs = Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
  // At most eight digits fit into the header, so a long time is told in seconds.
  if (timeoutMs > maxMs) {
    const isLong = maxMs >= 1e8;
    header.set("grpc-timeout", isLong ? `${Math.floor(maxMs / 1_000)}S` : `${maxMs}m`);
  }
}
