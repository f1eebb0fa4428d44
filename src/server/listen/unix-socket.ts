import { lstat, unlink } from "node:fs/promises";
import * as net from "node:net";
import { platform as thisPlatform } from "node:os";
import { StartupError } from "../../errors.ts";

/** File mode of the socket: owner and group may connect. */
export const unixSocketMode = 0o660;

/** Longest path of a Unix socket, in bytes: Linux has 108 with a NUL at the end, macOS 104. */
const maxPathBytesOf = (platform: NodeJS.Platform): number => (platform === "linux" ? 107 : 103);

/**
 * Throws a StartupError unless a Unix socket can have that path on this platform. On Windows none can:
 * what Node calls a path there is the name of a pipe.
 */
export function checkUnixSocketPath(
  path: string,
  platform: NodeJS.Platform = thisPlatform(),
): void {
  if (platform === "win32") {
    throw new StartupError(`cannot listen on the Unix socket \`${path}\` on Windows`, {
      hint: "leave out `--unix-socket` (RERANKER_UNIX_SOCKET) and listen on `--port`",
    });
  }
  const maxPathBytes = maxPathBytesOf(platform);
  const bytes = Buffer.byteLength(path);
  if (bytes > maxPathBytes) {
    throw new StartupError(`the path of the Unix socket is too long: \`${path}\``, {
      hint: `choose one of at most ${maxPathBytes} bytes, not ${bytes}`,
    });
  }
}

/**
 * Removes the Unix socket at the path if no server answers on it, so that another can listen there.
 * Rejects with a StartupError if one does, if the path is something else, or if no socket can have
 * that path.
 */
export async function clearUnixSocket(path: string): Promise<void> {
  checkUnixSocketPath(path);
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new StartupError(`\`${path}\` is there, and no socket`, {
      hint: "choose a path at which nothing is",
    });
  }
  if (await answers(path)) {
    throw new StartupError(`the Unix socket \`${path}\` is in use`, {
      hint: "stop the program that uses it, or choose another path",
    });
  }
  await unlink(path).catch((cause: unknown) => {
    const message = `the Unix socket \`${path}\` of a program that is gone cannot be removed`;
    throw new StartupError(message, { hint: "remove it, or choose another path", cause });
  });
}

/** Whether a program listens. One that cannot be asked, for want of rights say, counts as one. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => {
      resolve(!("code" in error && error.code === "ECONNREFUSED"));
    });
  });
}
