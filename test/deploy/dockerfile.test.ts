import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { packageRoot } from "../server-process.ts";
import { readText } from "./deploy-files.ts";

const modules = join(packageRoot, "node_modules");
const script = join(packageRoot, "deploy/docker/keep-platform.sh");
const ignoreLines = readText(".dockerignore").split("\n");

/** Native libraries of the two packages that bring those of every platform, from node_modules. */
const nativeFiles: readonly string[] = ["onnxruntime-node/bin", "tokenizers"].flatMap((folder) =>
  readdirSync(join(modules, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && (folder !== "tokenizers" || entry.name.endsWith(".node")))
    .map((entry) => relative(modules, join(entry.parentPath, entry.name)))
    .map((path) => path.replaceAll("\\", "/")),
);

/** Returns what a Dockerfile copies from the build context. */
function copiedFrom(dockerfile: string): string[] {
  return [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = ""]) =>
    paths.split(" "),
  );
}

/** Makes empty files in a folder of their own, and returns the folder. */
function makeFiles(t: TestContext, paths: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "rerankd-modules-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "");
  }
  return folder;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

for (const name of ["Dockerfile", "Dockerfile.cuda"]) {
  const text = readText(`deploy/docker/${name}`);

  suite(`deploy/docker/${name}`, () => {
    test("copies only what is there and what the build context lets in", () => {
      const sources = copiedFrom(text);

      assert(sources.length >= 8);
      for (const source of sources) {
        assert(existsSync(join(packageRoot, source)), `there is no ${source}`);
        const allowed = ignoreLines.some(
          (line) => line === `!${source}` || line.startsWith(`!${source}/`),
        );
        assert(allowed, `.dockerignore keeps ${source} out`);
      }
    });

    test("copies from stages that it has", () => {
      const stages = [...text.matchAll(/^FROM .+ AS (\w+)$/gm)].map(([, stage]) => stage);
      const wanted = [...text.matchAll(/--from=(\w+)/g)].map(([, stage]) => stage);

      assert(wanted.length >= 2);
      for (const stage of wanted) assert(stages.includes(stage), `there is no stage ${stage}`);
    });

    test("installs what the lock file says, and no development packages in the image", () => {
      assert.match(text, /npm ci --omit=dev/);
      assert.doesNotMatch(text, /npm (install|i) |curl|wget/);
    });
  });
}

suite("deploy/docker/keep-platform.sh", {
  skip: process.platform === "win32" && "needs a POSIX shell",
}, () => {
  for (const [arch, cpu] of [
    ["amd64", "x64"],
    ["arm64", "arm64"],
  ] as const) {
    test(`leaves the libraries of linux/${arch} alone`, (t) => {
      const folder = makeFiles(t, [...nativeFiles, "tokenizers/index.js", "other/x.node"]);

      const { status, stderr } = spawnSync("sh", [script, arch, folder], { encoding: "utf8" });

      assert.deepEqual([status, stderr], [0, ""]);
      const runtime = `onnxruntime-node/bin/napi-v6/linux/${cpu}`;
      assert.deepEqual(
        filesIn(folder),
        [
          `${runtime}/libonnxruntime.so.1`,
          `${runtime}/onnxruntime_binding.node`,
          "other/x.node",
          "tokenizers/index.js",
          `tokenizers/tokenizers.linux-${cpu}-gnu.node`,
        ].sort(),
      );
    });
  }

  test("fails where the packages are laid out in another way", (t) => {
    const folder = makeFiles(t, ["onnxruntime-node/bin/napi-v7/linux/x64/a.node", "tokenizers/x"]);

    const { status, stderr } = spawnSync("sh", [script, "amd64", folder], { encoding: "utf8" });

    assert.equal(status, 1);
    assert.match(stderr, /^error: there is no `.*napi-v6/);
  });

  test("refuses an architecture that has no libraries", () => {
    const { status, stderr } = spawnSync("sh", [script, "riscv64", modules], { encoding: "utf8" });

    assert.deepEqual([status, stderr.includes("`riscv64`")], [2, true]);
  });
});
