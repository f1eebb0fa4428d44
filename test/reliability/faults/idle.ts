import * as net from "node:net";
import type { Fault } from "../fault.ts";
import { breakUnderLoad } from "../with-load.ts";

/** Connections that are opened at once. */
const perStep = 200;

/** Many clients that are connected and ask for nothing. */
export function idleConnections(count: number): Fault {
  return {
    name: `${count.toLocaleString("en")} idle connections`,
    promise: "they cost memory only; the others notice nothing",
    async run() {
      const sockets: net.Socket[] = [];
      try {
        const { result, tally } = await breakUnderLoad(
          async ({ server, load }) => {
            const before = await server.sample();
            while (sockets.length < count) {
              const step = Array.from({ length: perStep }, () => openIdle(server.port));
              const opened = (await Promise.all(step)).filter((socket) => socket !== undefined);
              sockets.push(...opened);
              if (opened.length < perStep) break;
            }
            await load.answered(100);
            const during = await server.sample();
            const bytes = (during.rssBytes - before.rssBytes) / sockets.length;
            return { open: during.sockets, kilobytes: Math.round(bytes / 1000) };
          },
          {
            args: [`--max-connections=${2 * count}`],
            shell: `ulimit -n ${2 * count} 2>/dev/null || ulimit -n $(ulimit -H -n)`,
          },
        );
        return {
          happened: `${result.open} sockets were open in the server, at ${result.kilobytes} kB each`,
          tally,
        };
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    },
  };
}

/** Opens a connection that has been used once; undefined if it was refused. */
function openIdle(port: number): Promise<net.Socket | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("error", () => resolve(undefined));
    socket.once("close", () => resolve(undefined));
    socket.once("data", () => resolve(socket));
    socket.write("GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
  });
}
