import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { packageRoot } from "../server-process.ts";
import type { ClientAnswer, RealClient } from "./real-client.ts";

/** The Python clients of one virtual environment, all in one process. */
export interface PythonClients {
  readonly clients: readonly RealClient[];
  /** Ends the process and waits for it. */
  close(): Promise<void>;
}

/** What the process is started with. */
export interface PythonOptions {
  /** The interpreter that has the clients' packages. */
  readonly interpreter: string;
  /** Serialized FileDescriptorSet of the contract. */
  readonly descriptors: string;
}

/** Longest wait for one line, in milliseconds: a client's own retries may take a minute. */
const answerTimeoutMs = 180_000;

const program = join(packageRoot, "test", "clients", "python", "run_clients.py");

/** Starts a process with Python clients. Calls of them run one after another. */
export async function startPythonClients(options: PythonOptions): Promise<PythonClients> {
  const child = spawn(options.interpreter, [program], {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PYTHONDONTWRITEBYTECODE: "1",
      CONTRACT_DESCRIPTORS: options.descriptors,
    },
  });
  const exited = once(child, "exit");
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints = `${complaints}${text}`.slice(-maxComplaintChars);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function nextLine(): Promise<unknown> {
    const timer = setTimeout(() => child.kill("SIGKILL"), answerTimeoutMs);
    const line = await lines.next();
    clearTimeout(timer);
    if (line.done) throw new Error(`the Python clients ended: ${complaints}`);
    return JSON.parse(line.value);
  }

  const listed = (await nextLine()) as readonly Omit<RealClient, "registry" | "rerank">[];
  return {
    clients: listed.map((client) => ({
      ...client,
      registry: "PyPI",
      async rerank(call) {
        child.stdin.write(`${JSON.stringify({ client: client.name, call })}\n`);
        return (await nextLine()) as ClientAnswer;
      },
    })),
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}

/** Most of the process's standard error that an error repeats. */
const maxComplaintChars = 4_000;
