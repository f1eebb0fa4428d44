import { join } from "node:path";
import { type ChildServer, findFreePort, startChildServer } from "../process/child-server.ts";

/** One server process on a port of its own, which may be ended and started again. */
export interface Replica {
  readonly port: number;
  /** The process that serves now. */
  pid(): number;
  /** Calls that have ended since it was first started: unary ones, and streams. */
  counts(): { readonly unary: number; readonly streams: number };
  /** Sends a signal to the process. */
  signal(name: NodeJS.Signals): void;
  /** Starts the process again once the old one is gone; resolves when it serves. */
  restart(): Promise<void>;
  /** Ends it, frozen or not. */
  stop(): Promise<void>;
}

/** A replica has one core, and leaves it to the others while it has nothing to do. */
const settings = ["--model-id=bundled", "--threads=1", "--spinning=off", "--log-format=json"];

const unaryPaths: ReadonlySet<unknown> = new Set(["/rerank", "/rerank.v1.RerankService/Rerank"]);
const streamPath = "/rerank.v1.RerankService/RerankStream";

/** Starts a server of the bundled model with one thread; resolves when it serves. */
export async function startReplica(root: string): Promise<Replica> {
  const port = await findFreePort();
  const start = (): Promise<ChildServer> =>
    startChildServer({
      command: process.execPath,
      args: [join(root, "dist", "src", "main.js"), "serve", `--port=${port}`, ...settings],
      readUrl: (line) => (line.includes('"msg":"ready"') ? `http://127.0.0.1:${port}` : undefined),
    });
  const runs = [await start()];
  const current = (): ChildServer => runs.at(-1) as ChildServer;
  return {
    port,
    pid: () => current().pid,
    counts() {
      const paths = runs.flatMap(({ lines }) => lines.map(pathOfEndedCall));
      return {
        unary: paths.filter((path) => unaryPaths.has(path)).length,
        streams: paths.filter((path) => path === streamPath).length,
      };
    },
    signal: (name) => current().signal(name),
    async restart() {
      await current().stop();
      runs.push(await start());
    },
    async stop() {
      current().signal("SIGCONT");
      await current().stop();
    },
  };
}

/** Returns the path of the call whose end a log line tells, undefined for other lines. */
function pathOfEndedCall(line: string): unknown {
  if (!line.includes('"msg":"request"')) return undefined;
  return (JSON.parse(line) as { readonly path?: unknown }).path;
}
