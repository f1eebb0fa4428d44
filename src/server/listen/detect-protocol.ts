import type { Socket } from "node:net";

/**
 * The first bytes of every HTTP/2 connection, which no HTTP/1.1 request begins with (RFC 9113,
 * section 3.4).
 */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** The protocols that a cleartext connection may begin with. */
export type DetectedProtocol = "http1" | "http2";

/**
 * Calls `onDetected` once the first bytes of a connection have shown its protocol; the bytes are
 * put back. They may come one at a time. A connection that ends, fails or stays silent for
 * `timeoutMs` before is closed instead; `onSilent` is called for the silent ones.
 */
export function detectProtocol(
  socket: Socket,
  timeoutMs: number,
  onDetected: (protocol: DetectedProtocol) => void,
  onSilent: () => void = () => undefined,
): void {
  let received: Buffer = Buffer.alloc(0);
  const drop = (): void => {
    socket.destroy();
  };
  // Not socket.setTimeout(), which every byte restarts.
  const timer = setTimeout(() => {
    onSilent();
    drop();
  }, timeoutMs);
  const onClose = (): void => clearTimeout(timer);
  const onReadable = (): void => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
      received = Buffer.concat([received, chunk]);
    }
    if (received.length === 0) return;
    const length = Math.min(received.length, preface.length);
    const isPreface = received.subarray(0, length).equals(preface.subarray(0, length));
    if (isPreface && length < preface.length) return;
    clearTimeout(timer);
    socket.off("readable", onReadable).off("error", drop).off("end", drop).off("close", onClose);
    socket.unshift(received);
    onDetected(isPreface ? "http2" : "http1");
  };
  socket.on("readable", onReadable).on("error", drop).on("end", drop).on("close", onClose);
}
