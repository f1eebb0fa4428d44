import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, readdirSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { createInterface } from "node:readline";
import { after, before, suite, test } from "node:test";
import { cleanEnvironment } from "../server-process.ts";
import { type PackedPackage, packPackage, runIn } from "./packed-package.ts";

/** Most that the client takes with all that it depends on, in bytes. */
const maxInstalledBytes = 15_000_000;

/** Longest wait for a server that npx installs, in milliseconds. */
const startMs = 900_000;

const needsRegistry =
  process.env.REQUIRE_INTEROP === "1"
    ? false
    : "installs from the npm registry: set REQUIRE_INTEROP=1";

/** How each package manager installs a tarball, refusing what is not for this Node. */
const managers: Readonly<Record<string, (tarball: string) => readonly string[]>> = {
  npm: (tarball) => ["npm", "install", "--engine-strict", "--no-audit", "--no-fund", tarball],
  pnpm: (tarball) => [
    ...["npm", "exec", "--yes", "--package=pnpm@10.20.0", "--", "pnpm", "add"],
    ...["--config.engine-strict=true", "--config.package-import-method=copy", tarball],
  ],
  // Yarn 1 refuses engines that do not fit by itself.
  yarn: (tarball) => [
    ...["npm", "exec", "--yes", "--package=yarn@1.22.22", "--", "yarn", "add"],
    ...["--non-interactive", "--no-progress", `file:${tarball}`],
  ],
};

/** Bytes of the files below a folder. pnpm makes many links to each, which Node 22 goes through and Node 20 does not. */
function bytesIn(folder: string): number {
  const sizes = new Map<number, number>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { ino, size } = lstatSync(join(entry.parentPath, entry.name));
    sizes.set(ino, size);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

suite("the client's tarball, in an empty folder", { skip: needsRegistry }, () => {
  let packed: PackedPackage;
  before(async () => {
    packed = await packPackage("rerankd-client");
  });
  after(() => packed.remove());

  for (const [name, commandOf] of Object.entries(managers)) {
    test(`is installed by ${name} in at most 15 MB, and runs`, async (t) => {
      const folder = join(packed.project, name);
      await mkdir(folder);
      await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
      const [file = "", ...args] = commandOf(packed.tarball);
      const started = performance.now();

      const { code, output } = await runIn(folder, file, ...args);

      assert.equal(code, 0, output);
      const bytes = bytesIn(join(folder, "node_modules"));
      const seconds = ((performance.now() - started) / 1_000).toFixed(1);
      t.diagnostic(`${name}: ${(bytes / 1e6).toFixed(1)} MB, ${seconds} s`);
      assert(bytes <= maxInstalledBytes, `${bytes} bytes`);
      const script =
        "import('rerankd-client').then((it) => console.log(Object.keys(it).length > 1))";
      const run = await runIn(folder, process.execPath, "-e", script);
      assert.equal(run.output, "true\n");
    });
  }
});

suite("the server's tarball, in an empty folder", { skip: needsRegistry }, () => {
  let packed: PackedPackage;
  before(async () => {
    packed = await packPackage("rerankd");
  });
  after(() => packed.remove());

  test("serves with `npx ./rerankd-*.tgz serve`", async (t) => {
    const folder = join(packed.project, "npx");
    await mkdir(folder);
    await copyFile(packed.tarball, join(folder, basename(packed.tarball)));
    // The script of onnxruntime-node would fetch libraries that only a GPU needs.
    const env = cleanEnvironment({ npm_config_ignore_scripts: "true" });
    const args = [
      "--yes",
      `.${sep}${basename(packed.tarball)}`,
      "serve",
      "--port=0",
      "--model-id=bundled",
    ];
    const started = performance.now();
    const child = spawn("npx", args, { cwd: folder, env, detached: true });
    const exited = once(child, "exit");
    const lines: string[] = [];
    // As a limit of the test's own it would leave npx running.
    const late = setTimeout(() => child.pid && process.kill(-child.pid, "SIGKILL"), startMs);
    try {
      const port = await new Promise<number>((resolve, reject) => {
        createInterface({ input: child.stderr }).on("line", (line) => {
          lines.push(line);
          if (line.includes('"msg":"ready"')) resolve(JSON.parse(line).port);
        });
        void exited.then(() => reject(new Error(`it did not start:\n${lines.join("\n")}`)));
      });
      t.diagnostic(`ready after ${((performance.now() - started) / 1_000).toFixed(1)} s`);
      const health = await fetch(`http://127.0.0.1:${port}/health`);

      assert.equal(health.status, 200);
    } finally {
      clearTimeout(late);
      // npx starts the server by a shell, so the whole group is ended.
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, "SIGTERM");
      await exited;
    }
  });
});
