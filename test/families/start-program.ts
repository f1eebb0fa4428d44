import { Readable, Writable } from "node:stream";
import { run } from "../../src/commands/run.ts";

// Else the first session of the Linux build writes a database under the home folder.
process.env.ORT_DISABLE_TELEMETRY = "1";

/** The program in this process, from its words to its log, on a free port of loopback. */
export interface RunningProgram {
  readonly url: string;
  /** Drains it; returns the exit code. */
  stop(): Promise<number>;
}

/**
 * Starts `rerankd serve` in this process and waits until it is ready. Rejects with its log where it
 * ends before.
 */
export async function startProgram(flags: readonly string[]): Promise<RunningProgram> {
  const stop = new AbortController();
  let log = "";
  let onReady: (port: number) => void = () => {};
  const ready = new Promise<number>((resolve) => {
    onReady = resolve;
  });
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk);
      const line = log.split("\n").find((text) => text.includes('"msg":"ready"'));
      if (line !== undefined) onReady(JSON.parse(line).port);
      done();
    },
  }) as NodeJS.WriteStream;
  const ended = run({
    argv: ["serve", "--host=127.0.0.1", "--port=0", "--log-format=json", "--ui=off", ...flags],
    env: { HF_HOME: "/nonexistent", HF_HUB_OFFLINE: "1" },
    pid: process.pid,
    stdin: () => Readable.from([]),
    stdout: stderr,
    stderr,
    stop: stop.signal,
  });
  const failed = ended.then((code) => {
    throw new Error(`the program ended with ${code}:\n${log}`);
  });
  // Once it is ready, an end is what `stop` asked for.
  failed.catch(() => {});
  const port = await Promise.race([ready, failed]);
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      stop.abort();
      return ended;
    },
  };
}
