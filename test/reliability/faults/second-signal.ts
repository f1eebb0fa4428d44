import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { cleanEnvironment, mainPath } from "../../server-process.ts";
import type { Fault } from "../fault.ts";
import { createTally } from "../tally.ts";

const unshare = ["--map-root-user", "--pid", "--fork", "--kill-child"];

/** Whether this machine lets a process be the first of a space of its own, as in a container. */
export function hasProcessSpaces(): boolean {
  return spawnSync("unshare", [...unshare, "true"]).status === 0;
}

/** Two signals to a server that is process 1 and computes. */
export const secondSignal: Fault = {
  name: "a second SIGTERM while the model computes, as process 1 of a container",
  promise: "the process ends at once",
  async run() {
    const tally = createTally();
    if (!hasProcessSpaces()) return { happened: "not tried: `unshare` is not allowed here", tally };
    const words = [mainPath, "serve", "--port=0", "--model-id=bundled", "--threads=1"];
    const parent = spawn(
      "sh",
      [
        "-c",
        `ulimit -c 0; exec unshare ${unshare.join(" ")} "$@"`,
        "sh",
        process.execPath,
        ...words,
      ],
      { stdio: ["ignore", "ignore", "pipe"], env: cleanEnvironment() },
    );
    const exited = once(parent, "exit");
    const heard = createListener(parent.stderr);
    const { port } = JSON.parse(await heard('"ready"'));
    const children = await readFile(`/proc/${parent.pid}/task/${parent.pid}/children`, "utf8");
    const pid = Number(children.trim());
    const documents = Array.from({ length: 300 }, (_, index) => `document ${index} `.repeat(300));
    const broken = fetch(`http://127.0.0.1:${port}/rerank`, {
      method: "POST",
      body: JSON.stringify({ query: "long", documents }),
      headers: { "content-type": "application/json" },
    }).catch((error: unknown) => error);
    await fetch(`http://127.0.0.1:${port}/rerank`, {
      method: "POST",
      body: JSON.stringify({ query: "q", documents: ["a"] }),
      headers: { "content-type": "application/json" },
    });
    const draining = heard("draining");
    process.kill(pid, "SIGTERM");
    await draining;
    const startMs = performance.now();
    process.kill(pid, "SIGTERM");
    await exited;
    const endMs = Math.round(performance.now() - startMs);
    assert((await broken) instanceof Error);
    return { happened: `it ended ${endMs} ms after the second signal`, tally };
  },
};

/** Returns a function that resolves with the first line, old or new, that has a text. */
function createListener(stderr: Readable): (text: string) => Promise<string> {
  const lines: string[] = [];
  const interfaces = createInterface({ input: stderr });
  interfaces.on("line", (line) => lines.push(line));
  return (text) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find((line) => line.includes(text));
        if (found !== undefined) resolve(found);
      };
      interfaces.on("line", look);
      interfaces.once("close", () => reject(new Error(`it ended:\n${lines.join("\n")}`)));
      look();
    });
}
