import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The package's folder; this file runs from dist/test. */
export const packageRoot = fileURLToPath(new URL("../..", import.meta.url));

/** The compiled program. */
export const mainPath = fileURLToPath(new URL("../src/main.js", import.meta.url));

/** A `rerankd serve` of its own process on a free port of loopback. */
export interface ServerProcess {
  readonly port: number;
  readonly url: string;
  /** Fields of the log line that said it is ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly child: ChildProcess;
  /** Log lines so far. */
  readonly lines: readonly string[];
  /** Sends SIGTERM and returns the exit code, or the signal that ended it. */
  stop(): Promise<number | NodeJS.Signals | null>;
}

/**
 * The environment of this process without what would steer the server, and with what the test asks
 * for.
 */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}) {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(RERANKER_|HF_|MODEL_ID$|PORT$|REVISION$|DTYPE$|LOG_LEVEL$)/.test(name) &&
      // What `npm exec` runs these tests with is not for the npx of a test.
      !/^npm_config_(package|call)$/.test(name),
  );
  return { ...Object.fromEntries(kept), NO_COLOR: "1", ...extra };
}

/** Starts `rerankd serve`, with the bundled model unless told otherwise, and waits until it is ready. */
export async function startServerProcess(
  args: readonly string[] = [],
  options: {
    readonly port?: number;
    readonly env?: Readonly<Record<string, string>>;
    readonly bundled?: boolean;
  } = {},
): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    [
      mainPath,
      "serve",
      `--port=${options.port ?? 0}`,
      ...(options.bundled === false ? [] : ["--model-id=bundled"]),
      ...args,
    ],
    { stdio: ["ignore", "ignore", "pipe"], env: cleanEnvironment(options.env) },
  );
  const lines: string[] = [];
  const exited = once(child, "exit");
  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      if (line.includes('"msg":"ready"')) resolve(JSON.parse(line));
    });
    void exited.then(() => reject(new Error(`the server did not start:\n${lines.join("\n")}`)));
  });
  const port = Number(ready.port);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    ready,
    child,
    lines,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      const [code, signal] = await exited;
      return code ?? signal;
    },
  };
}
