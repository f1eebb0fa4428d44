import { chmodSync } from "node:fs";
import type { Server } from "node:net";
import { StartupError } from "../../errors.ts";
import { findPortHolder } from "./port-holder.ts";
import { unixSocketMode } from "./unix-socket.ts";

/**
 * Begins to listen and returns where: with the port that was chosen for 0. Rejects with a
 * StartupError if that cannot be. `onAcceptError` is called for connections that could not be accepted
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

/** Turns the error of a listen call into a StartupError with a hint. */
function listenErrorOf(error: unknown, address: Address | UnixSocket): StartupError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if ("path" in address) return unixErrorOf(error, code, address);
  const { host, port } = address;
  const at = `${host}:${port}`;
  switch (code) {
    case "EADDRINUSE":
      return new StartupError(`the address ${at} is in use${holderOf(port)}`, {
        hint: "stop the program that uses it, or choose another port",
        cause: error,
      });
    case "EACCES":
      return new StartupError(`no permission to listen on ${at}`, {
        hint: "ports below 1024 need extra rights; choose a higher one",
        cause: error,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
      return new StartupError(`\`${host}\` is no address of this machine`, {
        hint: "use 127.0.0.1 for this machine alone, or 0.0.0.0 for every interface",
        cause: error,
      });
    case "ERR_SOCKET_BAD_PORT":
      return new StartupError(`the port must be from 0 to 65535, got: \`${port}\``, {
        hint: "choose a port from 1024 to 65535, or 0 for a free one",
        cause: error,
      });
    default:
      return new StartupError(`cannot listen on ${at}`, {
        hint: "check the host and the port",
        cause: error,
      });
  }
}

function holderOf(port: number): string {
  const holder = findPortHolder(port);
  if (holder === undefined) return "";
  const { pid, program } = holder;
  return ` by process ${pid}${program && ` (${program})`}`;
}

function unixErrorOf(error: unknown, code: unknown, { path }: UnixSocket): StartupError {
  if (code === "EADDRINUSE") {
    return new StartupError(`the Unix socket \`${path}\` is in use`, {
      hint: "stop the program that uses it, or choose another path",
      cause: error,
    });
  }
  return new StartupError(`cannot make the Unix socket \`${path}\``, {
    hint: "its folder must exist, and be writable",
    cause: error,
  });
}

/** A port that a server listens on. */
export interface Address {
  /** A name or an IP address. */
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
}

/** A Unix socket that a server listens on. */
export interface UnixSocket {
  /** Where it lies. Whoever has its user or group may connect. */
  readonly path: string;
}
