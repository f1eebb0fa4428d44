import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { interopTool } from "../../test/interop/tools.ts";
import { addPackage } from "../../test/package/packed-package.ts";
import { cleanEnvironment } from "../../test/server-process.ts";

/** Where the commands of a page run: a folder of their own, with `rerankd` on the path. */
export interface Workspace {
  /** Makes a file. */
  write(name: string, content: string): void;
  /** Runs a shell command to its end, whatever its exit code. */
  run(command: string): Promise<{ readonly code: number | null; readonly stdout: string }>;
  /** Runs a server until it is ready, then sends SIGINT, as Ctrl-C does. Returns its exit code. */
  serve(command: string): Promise<number | null>;
  /** Ends a server that a command left running, and removes the folder. */
  close(): void;
}

/** How a page's words become those of this machine. */
export interface WorkspaceOptions {
  /** The port that stands for 7998. */
  readonly port: number;
}

/** Where pages say that the log and the process id are. */
const shownTemporary = "/tmp/reranker";

/** Longest that one command may take, in ms. */
const maxCommandMs = 120_000;

/**
 * Opens a workspace outside this repository, into which both packages are packed: commands and
 * programs find what somebody finds who installed them, and nothing else. No model is in its cache,
 * and no setting of the caller reaches it.
 */
export async function openWorkspace({ port }: WorkspaceOptions): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), "rerankd-docs-"));
  const { folder: installed, manifest } = await addPackage(folder, "rerankd");
  await addPackage(folder, "rerankd-client");
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const program = join(bin, "rerankd");
  const main = join(installed, manifest.bin?.rerankd ?? "");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(program, 0o755);
  const kept = cleanEnvironment();
  const tools = [bin, dirname(process.execPath), dirname(interopTool("bin/grpcurl").path)];
  const env = {
    ...Object.fromEntries(Object.entries(kept).filter(([name]) => !/^(LC_|LANG)/.test(name))),
    PATH: [...tools, process.env.PATH].join(delimiter),
    HF_HOME: join(folder, "huggingface"),
    RERANKER_PORT: String(port),
  };
  const temporary = join(folder, "reranker");
  const localize = (words: string): string =>
    words
      .replaceAll(/(?:localhost|127\.0\.0\.1):7998/g, `127.0.0.1:${port}`)
      .replaceAll(shownTemporary, temporary);
  const delocalize = (words: string): string =>
    words
      .replaceAll(`127.0.0.1:${port}`, "127.0.0.1:7998")
      .replaceAll(temporary, shownTemporary)
      .replaceAll(env.HF_HOME, "~/.cache/huggingface");
  const start = (command: string, stderr: "ignore" | "pipe") =>
    spawn("sh", ["-c", localize(command)], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", stderr],
      timeout: maxCommandMs,
    });

  return {
    write: (name, content) => writeFileSync(join(folder, name), localize(content)),
    async run(command) {
      const child = start(command, "ignore");
      const exited = once(child, "exit");
      const stdout = child.stdout ? await text(child.stdout) : "";
      const [code] = (await exited) as [number | null];
      return { code, stdout: delocalize(stdout) };
    },
    async serve(command) {
      const child = start(`exec ${command}`, "pipe");
      if (child.stderr === null) throw new Error("there is no log");
      createInterface({ input: child.stderr }).on("line", (line) => {
        if (line.includes('"msg":"ready"')) child.kill("SIGINT");
      });
      child.stdout?.resume();
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    },
    close() {
      const file = `${temporary}.pid`;
      if (existsSync(file)) endProcess(Number(readFileSync(file, "utf8")));
      rmSync(folder, { recursive: true });
    },
  };
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already, as the page told it to.
  }
}
