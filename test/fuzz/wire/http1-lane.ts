import { connect, type Socket } from "node:net";
import type { InputStatus } from "./answer-status.ts";
import { statusOfHttp1 } from "./answer-status.ts";
import type { WireRequest } from "./grammar/wire-request.ts";
import { readHttp1Answer } from "./http1-answer.ts";
import { inputTimeoutMs } from "./input-timeout.ts";

/** A connection of HTTP/1.1 that is used again as long as the server keeps it. */
export interface Http1Lane {
  /** Sends a request whose framing is sound and returns how it was answered. */
  send(request: WireRequest, bytes: Buffer): Promise<InputStatus>;
  close(): void;
}

/** Returns a lane; it connects when it must. */
export function createHttp1Lane(port: number, localAddress: string): Http1Lane {
  let socket: Socket | undefined;

  function open(): Socket {
    const opened = connect({ port, host: "127.0.0.1", localAddress, noDelay: true });
    opened.on("error", () => undefined);
    return opened;
  }

  async function send(request: WireRequest, bytes: Buffer): Promise<InputStatus> {
    const isReused = socket?.writable === true;
    const status = await sendOnce(request, bytes);
    // The server may have closed an idle connection at the very moment of its next use.
    return status === "closed" && isReused ? await sendOnce(request, bytes) : status;
  }

  function sendOnce(request: WireRequest, bytes: Buffer): Promise<InputStatus> {
    const reused = socket?.writable ? socket : open();
    socket = reused;
    const isHead = request.method === "HEAD";
    return new Promise((resolve) => {
      let received: Buffer = Buffer.alloc(0);
      const finish = (status: InputStatus, keep: boolean): void => {
        clearTimeout(timer);
        reused.off("data", onData).off("close", onClose);
        if (!keep) {
          reused.resetAndDestroy();
          socket = undefined;
        }
        resolve(status);
      };
      const look = (ended: boolean): boolean => {
        const answer = readHttp1Answer(received, { isHead, ended });
        if (answer === undefined) return false;
        const { status, body, keepAlive, bytes: used } = answer;
        const contentType = /\r\ncontent-type: ([^\r]*)/i.exec(
          received.subarray(0, used - body.length).toString("latin1"),
        );
        const keep = keepAlive && used === received.length && !ended;
        finish(statusOfHttp1(contentType?.[1] ?? "", status, body), keep);
        return true;
      };
      const onData = (chunk: Buffer): void => {
        received = Buffer.concat([received, chunk]);
        look(false);
      };
      const onClose = (): void => {
        if (!look(true)) finish("closed", false);
      };
      const timer = setTimeout(() => finish("hang", false), inputTimeoutMs);
      reused.on("data", onData).on("close", onClose);
      reused.write(bytes);
    });
  }

  return { send, close: () => socket?.resetAndDestroy() };
}
