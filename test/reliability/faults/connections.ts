import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import * as net from "node:net";
import type { Fault } from "../fault.ts";
import { breakUnderLoad } from "../with-load.ts";

/** Short limits, so that the server's patience is seen to end. */
const impatient = [
  "--headers-timeout-ms=1000",
  "--request-timeout-ms=2000",
  "--idle-timeout-ms=2000",
];

/** Bad clients of one kind at once. */
const badClients = 50;

/** How often a slow client sends one byte, in milliseconds. */
const drippingMs = 200;

const head = "POST /rerank HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

/** Returns what a socket received until it was closed. */
function untilClosed(socket: net.Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  return new Promise((resolve) => socket.once("close", () => resolve(text)));
}

/** Requests that come a byte at a time and never end. */
export const slowWriters: Fault = {
  name: `${badClients} slow writers each over HTTP/1.1 and HTTP/2, a byte every ${drippingMs} ms`,
  promise: "each is answered with 408 when its time is over; the others notice nothing",
  async run() {
    const { tally } = await breakUnderLoad(
      async ({ server }) => {
        const sockets = Array.from({ length: badClients }, () =>
          net.connect(server.port, "127.0.0.1"),
        );
        const texts = sockets.map(untilClosed);
        for (const socket of sockets) socket.write(`${head}content-length: 1000\r\n\r\n{`);
        const session = http2.connect(server.url);
        const streams = Array.from({ length: badClients }, () =>
          session.request({
            ":method": "POST",
            ":path": "/rerank",
            "content-type": "application/json",
          }),
        );
        const statuses = streams.map(
          (stream) =>
            new Promise((resolve) => {
              stream.on("response", (headers) => resolve(headers[":status"]));
              stream.on("error", resolve);
            }),
        );
        const drip = setInterval(() => {
          for (const stream of streams) if (stream.writable) stream.write(" ");
          for (const socket of sockets) if (socket.writable) socket.write(" ");
        }, drippingMs);
        for (const text of await Promise.all(texts)) assert.match(text, /^HTTP\/1.1 408/);
        for (const status of await Promise.all(statuses)) assert.equal(status, 408);
        clearInterval(drip);
        session.destroy();
      },
      { args: impatient },
    );
    return { happened: `${2 * badClients} times 408`, tally };
  },
};

/** A document large enough that its answer does not fit into the buffers of a connection. */
const largeText = "many different words without one that stands out, ".repeat(16_000);

/** Clients that ask for a large answer and never read it. */
export const slowReaders: Fault = {
  name: "10 slow readers each over HTTP/1.1 and HTTP/2, of answers that they never read",
  promise: "they cost what their answers hold, and the others notice nothing",
  async run() {
    const { result, tally } = await breakUnderLoad(async ({ server, load }) => {
      const before = await server.sample();
      const body = JSON.stringify({
        query: "q",
        documents: [largeText, `${largeText}.`, `${largeText}!`],
        return_documents: true,
      });
      const sockets = Array.from({ length: 10 }, () => net.connect(server.port, "127.0.0.1"));
      for (const socket of sockets) {
        socket.on("error", () => {});
        socket.pause();
        socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
      }
      const session = http2.connect(server.url);
      session.on("error", () => {});
      for (let stream = 0; stream < 10; stream += 1) {
        const request = session.request({
          ":method": "POST",
          ":path": "/rerank",
          "content-type": "application/json",
        });
        request.on("error", () => {});
        request.end(body);
      }
      await load.answered(200);
      const during = await server.sample();
      for (const socket of sockets) socket.destroy();
      session.destroy();
      await load.answered(100);
      const after = await server.sample();
      return [before, during, after].map(({ sockets: open }) => open);
    });
    return { happened: `sockets before, during and after: ${result.join(", ")}`, tally };
  },
};

/** Clients that vanish without closing: a cable is pulled, a laptop sleeps. */
export const halfOpen: Fault = {
  name: "200 half-open sockets, whose clients never close",
  promise: "the idle time ends them; the others notice nothing",
  async run() {
    const { result, tally } = await breakUnderLoad(
      async ({ server }) => {
        const sockets = Array.from({ length: 200 }, () =>
          net.connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true }),
        );
        const answers = sockets.map((socket) => once(socket, "data"));
        const ends = sockets.map((socket) => {
          socket.resume();
          socket.on("error", () => {});
          socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
          return new Promise<void>((resolve) => socket.once("end", resolve).once("close", resolve));
        });
        await Promise.all(answers);
        const during = await server.sample();
        await Promise.all(ends);
        const after = await server.sample();
        for (const socket of sockets) socket.destroy();
        assert(after.sockets < during.sockets - 150, `${during.sockets}, then ${after.sockets}`);
        return [during.sockets, after.sockets];
      },
      { args: impatient },
    );
    return { happened: `${result[0]} sockets in the server, then ${result[1]}`, tally };
  },
};
