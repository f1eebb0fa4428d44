import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { cleanEnvironment, mainPath } from "../server-process.ts";
import type { CrashKind, FaultMessage, ServerSample } from "./saboteur-protocol.ts";

/** A line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** A `rerankd serve` of its own process, with the saboteur in it. */
export interface RealServer {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  readonly lines: readonly LogLine[];
  /** Resolves with the first line after the first `from` lines that has this message. */
  logged(msg: string, from?: number): Promise<LogLine>;
  /** Asks the saboteur for something. */
  sabotage(message: FaultMessage): void;
  /** Ends an inference thread; resolves once a new one serves, with the server's own figure. */
  crashWorker(how: CrashKind): Promise<number>;
  sample(): Promise<ServerSample>;
  /** Sends a signal, SIGTERM by default, and resolves with the status or the signal that ended it. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** How to start the server. */
export interface RealServerOptions {
  readonly args?: readonly string[];
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the bundled model. */
  readonly modelId?: string;
  /** Limits of the shell that starts it, for example `ulimit -n 20000`. */
  readonly shell?: string;
}

const saboteurUrl = new URL("./saboteur.js", import.meta.url).href;

/** Servers that have not ended; whatever becomes of the run, none is left behind. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a server and resolves when it is ready. Rejects with its log if it ends before. */
export async function startRealServer(options: RealServerOptions = {}): Promise<RealServer> {
  const { args = [], port: wantedPort = 0, modelId = "bundled", shell = ":" } = options;
  const words = [mainPath, "serve", `--port=${wantedPort}`, `--model-id=${modelId}`];
  // One core: the tests and their clients need the other.
  const own = ["--threads=1", "--spinning=off", ...args];
  const child = spawn(
    "sh",
    ["-c", `${shell}; exec "$@"`, "sh", process.execPath, ...words, ...own],
    {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: cleanEnvironment({ NODE_OPTIONS: `--import=${saboteurUrl}`, ...options.env }),
    },
  );
  running.add(child);
  const exited = once(child, "exit").finally(() => running.delete(child));
  const lines: LogLine[] = [];
  const texts: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", (text) => {
    texts.push(text);
    if (text.startsWith("{")) lines.push(JSON.parse(text));
    for (const look of [...waiting]) look();
  });
  const logged: RealServer["logged"] = (msg, from = 0) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const line = lines.slice(from).find((each) => each.msg === msg);
        if (line === undefined) return;
        waiting.delete(look);
        resolve(line);
      };
      waiting.add(look);
      look();
      void exited.then(() => reject(new Error(`the server ended:\n${texts.join("\n")}`)));
    });
  const { port } = await logged("ready");
  const sabotage = (message: FaultMessage): void => void child.send(message);

  return {
    url: `http://127.0.0.1:${port}`,
    port: Number(port),
    child,
    lines,
    logged,
    sabotage,
    async crashWorker(how) {
      const from = lines.length;
      sabotage({ type: "crash", how });
      const { recovery_ms } = await logged("the inference worker is back", from);
      return Number(recovery_ms);
    },
    async sample() {
      const answer = once(child, "message");
      sabotage({ type: "sample" });
      const [sample] = await answer;
      return sample as ServerSample;
    },
    async end(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code, by] = await exited;
      return code ?? by;
    },
  };
}
