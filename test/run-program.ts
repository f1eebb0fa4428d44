import { Readable, Writable } from "node:stream";
import type { InputStream } from "../src/commands/process-context.ts";
import { run } from "../src/commands/run.ts";

// Else the first session of the Linux build writes a database under the home folder.
process.env.ORT_DISABLE_TELEMETRY = "1";

/** How the program is run in this process. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What the standard input holds; undefined: it is a terminal. */
  readonly stdin?: string | Uint8Array | InputStream | undefined;
  /** Width of the terminal that stdout is; undefined: stdout is a pipe. */
  readonly columns?: number;
  /** Whether whoever read stdout has gone. */
  readonly closedStdout?: boolean;
  readonly stop?: AbortSignal;
}

/** What came of it. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program with streams that are captured. The environment holds no model and no hub. */
export async function runProgram(
  argv: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { columns, closedStdout = false, stop = new AbortController().signal } = options;
  const stdout = captureStream(columns === undefined ? {} : { isTTY: true, columns }, closedStdout);
  const stderr = captureStream({}, false);
  const code = await run({
    argv,
    env: { HF_HOME: "/nonexistent", HF_HUB_OFFLINE: "1", ...options.env },
    pid: process.pid,
    stdin: () => inputOf(options.stdin),
    stdout: stdout.stream,
    stderr: stderr.stream,
    stop,
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function inputOf(content: RunOptions["stdin"]): InputStream {
  if (content instanceof Readable) return content;
  if (content === undefined) return Object.assign(Readable.from([]), { isTTY: true });
  return Readable.from([Buffer.from(content)]);
}

function captureStream(traits: { readonly isTTY?: boolean; columns?: number }, closed: boolean) {
  const chunks: string[] = [];
  const writable = new Writable({
    write(chunk, _encoding, done) {
      if (closed) {
        done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
        return;
      }
      chunks.push(String(chunk));
      done();
    },
  });
  const stream = Object.assign(writable, traits) as unknown as NodeJS.WriteStream;
  return { stream, text: () => chunks.join("") };
}
