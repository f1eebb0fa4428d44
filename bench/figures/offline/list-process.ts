import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { RerankCase } from "../../corpus/corpus.ts";

/** A `rerankd rank --jsonl` that reads lists from a pipe and writes them to another. */
export interface ListProcess {
  readonly pid: number;
  /** Sends lists, and returns how long it took until the last one came back, in ms. */
  rank(lists: Iterable<RerankCase>, count: number): Promise<number>;
  /** Ends its input, and waits for its end. */
  stop(): Promise<void>;
}

/** How to start it. */
export interface ListProcessOptions {
  /** The repository's folder. */
  readonly root: string;
  readonly modelFolder: string;
  readonly dtype: string;
  readonly maxLength: number;
  /** Further flags. */
  readonly flags?: readonly string[];
}

const newline = 0x0a;

/** Characters that are sent at a time. */
const chunkChars = 65_536;

/** Starts the process. Calls of `rank` come one after the other. */
export function startListProcess(options: ListProcessOptions): ListProcess {
  const { root, modelFolder, dtype, maxLength, flags = [] } = options;
  const child = spawn(
    process.execPath,
    [
      ...[join(root, "dist", "src", "main.js"), "rank", "--jsonl", `--model-id=${modelFolder}`],
      ...[`--dtype=${dtype}`, "--device=cpu", `--max-length=${maxLength}`, ...flags],
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const ended = once(child, "exit");
  let answered = 0;
  let notify = (): void => {};
  child.stdout.on("data", (chunk: Buffer) => {
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) {
      answered += 1;
    }
    notify();
  });

  async function send(lists: Iterable<RerankCase>): Promise<void> {
    let text = "";
    const flush = async (): Promise<void> => {
      if (!child.stdin.write(text)) await once(child.stdin, "drain");
      text = "";
    };
    for (const list of lists) {
      text += `${JSON.stringify(list)}\n`;
      if (text.length >= chunkChars) await flush();
    }
    await flush();
  }

  return {
    pid: child.pid ?? 0,
    async rank(lists, count) {
      const startedMs = performance.now();
      const goal = answered + count;
      const done = new Promise<void>((resolve) => {
        notify = () => {
          if (answered >= goal) resolve();
        };
      });
      const died = ended.then(([code]) => {
        throw new Error(`rerankd rank ended with ${code}`);
      });
      await Promise.race([Promise.all([send(lists), done]), died]);
      return performance.now() - startedMs;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
