/** How an input ended: a status, or a word. */
export type InputStatus = string;

/**
 * Statuses that only a fault of the server leads to, and what no input may end with. INTERNAL is not
 * among them: it is the answer to envelopes that break their protocol. The server logs its own.
 */
const faults: ReadonlySet<InputStatus> = new Set([
  "hang",
  "http 500",
  "http 502",
  "http 0",
  "unknown",
  "data_loss",
  "grpc 2",
  "grpc 15",
]);

/** Whether an input may not end so. */
export function isFault(status: InputStatus): boolean {
  return faults.has(status);
}

/** Flag of the last envelope of a Connect stream. */
const connectEnd = 2;

/** Flag of the last envelope of a gRPC-Web call. */
const grpcWebEnd = 0x80;

/** Returns the status of an answer over HTTP/1.1: that of its last envelope, else that of HTTP. */
export function statusOfHttp1(contentType: string, status: number, body: Buffer): InputStatus {
  const isStream = contentType.startsWith("application/connect+");
  const isGrpcWeb = contentType.startsWith("application/grpc-web");
  if (status !== 200 || (!isStream && !isGrpcWeb)) return `http ${status}`;
  let at = 0;
  while (at + 5 <= body.length) {
    const flags = body[at] ?? 0;
    const end = at + 5 + body.readUInt32BE(at + 1);
    const text = body.subarray(at + 5, end).toString("latin1");
    if (isGrpcWeb && flags & grpcWebEnd) {
      return `grpc ${/grpc-status: ?(\d+)/i.exec(text)?.[1] ?? "none"}`;
    }
    if (isStream && flags & connectEnd) return /"code":"(\w+)"/.exec(text)?.[1] ?? "ok";
    at = end;
  }
  return "http 200";
}
