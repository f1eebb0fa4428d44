import { connect } from "node:net";
import type { InputStatus } from "./answer-status.ts";
import { lastPing } from "./grammar/http2-bytes.ts";
import { inputTimeoutMs } from "./input-timeout.ts";

/** How long to wait for a first answer before the connection is half closed, in milliseconds. */
const patienceMs = 25;

/** The type of a frame that ends a connection of HTTP/2. */
const goaway = 7;

/** The type of a ping, and its flag in an answer. */
const ping = 6;
const ack = 1;

/**
 * Sends bytes on a connection of their own, waits for an answer or a while, ends the connection on
 * this side and waits for the server to end it on the other. Returns the status of the worst answer
 * of HTTP/1.1; of HTTP/2 `ping` where the last ping was answered, or `goaway` with the code that
 * the server ends the connection with; else `closed`.
 */
export function sendRaw(port: number, localAddress: string, bytes: Buffer): Promise<InputStatus> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    let late = false;
    const stop = setTimeout(() => {
      late = true;
      socket.resetAndDestroy();
    }, inputTimeoutMs);
    const patience = setTimeout(() => socket.end(), patienceMs);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (statusOfFrames(received) !== undefined) socket.resetAndDestroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(stop);
      clearTimeout(patience);
      resolve(late ? "hang" : (statusOfFrames(received) ?? statusOfText(received)));
    });
    socket.write(bytes);
  });
}

/** Returns how frames of HTTP/2 end; undefined while they do not, and for HTTP/1.1. */
function statusOfFrames(received: Buffer): InputStatus | undefined {
  if (received.subarray(0, 4).toString("latin1") === "HTTP") return undefined;
  for (let at = 0; at + 9 <= received.length; ) {
    const payload = at + 9;
    const [type, flags] = received.subarray(at + 3, at + 5);
    at = payload + received.readUIntBE(at, 3);
    if (at > received.length) return undefined;
    if (type === goaway) return `goaway ${received.readUInt32BE(payload + 4)}`;
    const isAck = type === ping && flags === ack;
    if (isAck && received.subarray(payload, at).equals(lastPing)) return "ping";
  }
  return undefined;
}

function statusOfText(received: Buffer): InputStatus {
  const statuses = received.toString("latin1").matchAll(/HTTP\/1\.1 (\d{3}) /g);
  const found = [...statuses].map(([, status]) => Number(status)).filter((status) => status > 199);
  // The worst of several, so that none hides behind another.
  return found.length === 0 ? "closed" : `http ${Math.max(...found)}`;
}
