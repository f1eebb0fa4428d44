import { createServer } from "node:net";
import type { ServeConfig } from "../../config/serve-config.ts";
import { listenOn } from "../../server/listen/listen-on.ts";
import { findPortHolder } from "../../server/listen/port-holder.ts";
import { readServerArguments } from "../read-server-arguments.ts";
import { type Check, hintOf, messageOf } from "./check.ts";

const name = "port";

/** Checks that a server could listen on the configured port or socket. */
export async function checkPort({
  host,
  port,
  unixSocket,
}: Pick<ServeConfig, "host" | "port" | "unixSocket">): Promise<Check> {
  if (unixSocket !== undefined) {
    return { name, state: "skipped", found: `the server listens on the Unix socket ${unixSocket}` };
  }
  const server = createServer();
  try {
    await listenOn(server, { host, port }, () => {});
    return { name, state: "ok", found: port === 0 ? "a free one" : `${host}:${port} is free` };
  } catch (error) {
    const holder = findPortHolder(port);
    const isServer = holder !== undefined && readServerArguments(holder.pid) !== undefined;
    const state = isServer ? "warning" : "fault";
    const advice = isServer
      ? "a server runs here already; `rerankd health` asks it"
      : hintOf(error);
    return { name, state, found: messageOf(error), advice };
  } finally {
    server.close();
  }
}
