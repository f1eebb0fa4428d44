import { chmodSync } from "node:fs";
import type { Server } from "node:net";
import type { Address, UnixSocket } from "./address.ts";
import { listenErrorOf } from "./listen-error.ts";
import { unixSocketMode } from "./unix-socket.ts";

/**
 * Begins to listen and returns where: with the port that was chosen for 0. Rejects with a
 * StartupError if that cannot be. `onAcceptError` hears of connections that could not be accepted
 * later, for want of file descriptors say: no reason to stop.
 */
export async function listenOn<Where extends Address | UnixSocket>(
  server: Server,
  where: Where,
  onAcceptError: (error: Error) => void,
): Promise<Where> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => reject(listenErrorOf(error, where));
    server.once("error", fail);
    try {
      server.listen(where, () => {
        server.off("error", fail);
        server.on("error", onAcceptError);
        resolve();
      });
      // Bound already: listening on a path does not wait for anything.
      if ("path" in where && server.listening) chmodSync(where.path, unixSocketMode);
    } catch (error) {
      fail(error);
    }
  });
  const bound = server.address();
  if (typeof bound !== "object" || bound === null) return where;
  return { ...where, host: bound.address, port: bound.port };
}
