import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { findFreePort } from "../../bench/process/child-server.ts";
import { examples } from "../../page/src/text/examples.ts";
import { packPackage } from "../../test/package/packed-package.ts";
import { cleanEnvironment } from "../../test/server-process.ts";
import { drawTerminal } from "./terminal-svg.ts";

/** Size of the terminal, in characters. */
const columns = 104;
const rows = 60;

/** The languages whose lists are measured. */
const languages = ["en", "ja", "ko"];
const queriesOfList = 20;

/** Longest that a command may take, in milliseconds. */
const maxMs = 180_000;

/**
 * Records a session of the packed package in a terminal: the server starts, ranks the notes of the
 * page's English example, and is measured on a list of each of three languages. Returns it as SVG.
 */
export async function recordTerminal(lists: readonly string[]): Promise<string> {
  const { project, folder, manifest, remove } = await packPackage();
  const bin = join(project, "node_modules", ".bin");
  const program = join(folder, manifest.bin?.rerankd ?? "");
  let server: Recording | undefined;
  try {
    await mkdir(bin, { recursive: true });
    await chmod(program, 0o755);
    await symlink(program, join(bin, "rerankd"));
    const { query, candidates } = englishExample();
    await writeFile(join(project, "notes.txt"), candidates.map((line) => `${line}\n`).join(""));
    const measured = languages.flatMap(
      (language) => lists.find((path) => basename(path).startsWith(`${language}__`)) ?? [],
    );
    for (const path of measured) await copyFile(path, join(project, basename(path)));
    const names = measured.map((path) => basename(path));
    const run = (command: string) => record(command, { project, bin });

    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}`;
    server = run(`rerankd serve --model-id bundled --port ${port}`);
    await server.until(/to try [^\n]+\n\s*\n/);
    const screens = [server.screen()];
    for (const command of [
      `rerankd rank notes.txt --url ${url} --query '${query}'`,
      `rerankd eval ${names.join(" ")} --limit ${queriesOfList} --url ${url}`,
    ]) {
      const recording = run(command);
      await recording.ended();
      screens.push(recording.screen());
    }
    return await drawTerminal(screens.join("\r\n"), {
      columns,
      rows,
      title: "rerankd serve, rank and eval in a terminal",
    });
  } finally {
    await server?.stop();
    await remove();
  }
}

function englishExample() {
  const example = examples.find(({ tag }) => tag === "en");
  if (example === undefined) throw new Error("the page has no English example");
  return example;
}

/** A command that runs in a terminal of its own. */
interface Recording {
  /** The prompt and what the terminal was sent so far. */
  screen(): string;
  /** Waits for a text. Rejects with what there is where the command ends before, or takes too long. */
  until(pattern: RegExp): Promise<void>;
  /** Waits for the end. Rejects if the command failed. */
  ended(): Promise<void>;
  stop(): Promise<void>;
}

function record(
  command: string,
  { project, bin }: { readonly project: string; readonly bin: string },
): Recording {
  const { NO_COLOR: _none, ...environment } = cleanEnvironment({ TERM: "xterm-256color" });
  const sized = `stty cols ${columns} rows ${rows}; exec ${command}`;
  const child: ChildProcess = spawn("script", ["-qefc", sized, "/dev/null"], {
    cwd: project,
    env: { ...environment, PATH: `${bin}:${process.env.PATH ?? ""}` },
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own, which is ended as a whole.
    detached: true,
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = once(child, "close", { signal: AbortSignal.timeout(maxMs) });
  // Whoever waits is told; nobody has to.
  closed.catch(() => {});
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    screen: () => `\u001B[1;32m$\u001B[0m \u001B[1m${command}\u001B[0m\r\n${output}`,
    async until(pattern) {
      const signal = AbortSignal.timeout(maxMs);
      while (!pattern.test(output.replaceAll("\r", ""))) {
        if (!isRunning()) throw new Error(`\`${command}\` ended:\n${output}`);
        await Promise.race([once(child.stdout ?? child, "data", { signal }), closed]);
      }
    },
    async ended() {
      const [code] = await closed;
      if (code !== 0) throw new Error(`\`${command}\` ended with ${code}:\n${output}`);
    },
    async stop() {
      if (child.pid !== undefined && isRunning()) {
        process.kill(-child.pid, "SIGTERM");
        await closed;
      }
    },
  };
}
