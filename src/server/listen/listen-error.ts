import { StartupError } from "../../errors.ts";
import type { Address, UnixSocket } from "./address.ts";

/** Turns the error of a listen call into a StartupError with a hint. */
export function listenErrorOf(error: unknown, address: Address | UnixSocket): StartupError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if ("path" in address) return unixErrorOf(error, code, address);
  const { host, port } = address;
  const at = `${host}:${port}`;
  switch (code) {
    case "EADDRINUSE":
      return new StartupError(`the address ${at} is in use`, {
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
