import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

/** A server process and how to tell that it serves. */
export interface ChildServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The folder that it starts in. Default: that of the benchmark. */
  readonly cwd?: string;
  /** Returns the address if a line of stderr says that the server is ready. */
  readonly readUrl?: (line: string) => string | undefined;
  /** Else: this address answers 200 once it is ready. */
  readonly healthUrl?: string;
  /** Whether it logs to stdout, so that an error quotes that, too. Default: false. */
  readonly logsToStdout?: boolean;
}

/** A running server process. */
export interface ChildServer {
  readonly url: string;
  readonly pid: number;
  /** From its start until it was ready, in ms. */
  readonly readyMs: number;
  /** Lines of stderr so far, and of stdout where it logs there. */
  readonly lines: readonly string[];
  /** Sends a signal. */
  signal(name: NodeJS.Signals): void;
  /** Sends SIGTERM, after ten seconds SIGKILL, and waits for its end. */
  stop(): Promise<void>;
}

/** Longest that a contender may take to load its model, in ms. */
const maxReadyMs = 180_000;
/** How often to ask for health, in ms: the error of a PyTorch contender's `readyMs`. */
const pollMs = 20;
const maxStopMs = 10_000;
/** Lines of stderr that an error quotes. */
const quotedLines = 20;

/** Variables that would steer a contender from outside. */
const steering =
  /^(RERANKER_|HF_|INFINITY_|LLAMA_|GGML_|OV_|MODEL_ID$|PORT$|REVISION$|DTYPE$|API_KEY$|LOG_LEVEL$|MAX_|OMP_|KMP_|MKL_|RAYON_|NODE_OPTIONS$)/;

const running = new Set<ChildProcess>();

/** Ends every server that runs, at once: for a benchmark that is interrupted. */
export function killChildServers(): void {
  for (const child of running) child.kill("SIGKILL");
}

/**
 * Starts a server and waits until it is ready. Rejects with the last lines of its stderr if it ends
 * before, or takes too long.
 */
export async function startChildServer(options: ChildServerOptions): Promise<ChildServer> {
  const startedMs = performance.now();
  const child = spawn(options.command, options.args, {
    stdio: ["ignore", options.logsToStdout ? "pipe" : "ignore", "pipe"],
    env: { ...cleanEnvironment(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  running.add(child);
  const ended = once(child, "exit")
    .catch(() => {})
    .finally(() => running.delete(child));
  const lines: string[] = [];
  const stop = () => stopChild(child, ended);
  try {
    const url = await Promise.race([
      waitUntilReady(options, child, lines),
      ended.then(() => {
        throw new Error("it ended before it was ready");
      }),
      wait(maxReadyMs, undefined, { ref: false }).then(() => {
        throw new Error(`it was not ready within ${maxReadyMs} ms`);
      }),
    ]);
    const readyMs = performance.now() - startedMs;
    return { url, pid: child.pid ?? 0, readyMs, lines, stop, signal: (name) => child.kill(name) };
  } catch (cause) {
    await stop();
    const tail = lines.slice(-quotedLines).join("\n");
    throw new Error(`${options.command} did not start: ${String(cause)}\n${tail}`, { cause });
  }
}

/** Returns a port of loopback that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}

async function waitUntilReady(
  { readUrl, healthUrl }: ChildServerOptions,
  child: ChildProcess,
  lines: string[],
): Promise<string> {
  const fromLog = new Promise<string>((resolve) => {
    for (const input of [child.stdout, child.stderr]) {
      if (input === null) continue;
      createInterface({ input }).on("line", (line) => {
        lines.push(line);
        const url = readUrl?.(line);
        if (url !== undefined) resolve(url);
      });
    }
  });
  await once(child, "spawn");
  if (healthUrl === undefined) return fromLog;
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(healthUrl).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) break;
    await wait(pollMs);
  }
  return new URL("/", healthUrl).origin;
}

async function stopChild(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  const forced = setTimeout(() => child.kill("SIGKILL"), maxStopMs);
  await ended;
  clearTimeout(forced);
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !steering.test(name)));
}
