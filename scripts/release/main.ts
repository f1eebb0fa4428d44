/**
 * Makes a release: `npm run release -- 1.2.3`. Writes the version and the changelog's section, builds,
 * packs both packages into dist/release, runs what was packed, commits and tags. It publishes and
 * pushes nothing, and says how (RELEASING.md). With `--dry-run` it packs and runs what is built now,
 * says what it would write, and changes nothing.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { addPackage } from "../../test/package/packed-package.ts";
import { cleanEnvironment, packageRoot } from "../../test/server-process.ts";
import { changelogOf, chartOf, checkVersion, lockOf, manifestOf, notesOf } from "./texts.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "dry-run": { type: "boolean", default: false } },
});
const [version = ""] = positionals;
const isDry = values["dry-run"];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");
const git = (...args: string[]): string =>
  execFileSync("git", args, { cwd: packageRoot, encoding: "utf8" }).trim();

const current: string = JSON.parse(read("package.json")).version;
checkVersion(current, version);
const changelog = read("CHANGELOG.md");
const notes = notesOf(changelog);
if (git("tag", "--list", `v${version}`) !== "") throw new Error(`the tag v${version} is there`);
if (!isDry && git("status", "--porcelain") !== "") throw new Error("there are changes in git");

const day = new Date().toISOString().slice(0, 10);
const texts = {
  "CHANGELOG.md": changelogOf(changelog, version, day),
  "package.json": manifestOf(read("package.json"), version),
  "client/package.json": manifestOf(read("client/package.json"), version),
  "deploy/helm/rerankd/Chart.yaml": chartOf(read("deploy/helm/rerankd/Chart.yaml"), version),
  "package-lock.json": lockOf(read("package-lock.json"), version),
};
for (const [path, text] of Object.entries(texts)) {
  say(`${isDry ? "would write" : "writes"} ${version} to ${path}`);
  if (!isDry) writeFileSync(join(packageRoot, path), text);
}
if (!isDry) execFileSync(process.execPath, npm("run", "--silent", "build"), inherit());

const project = mkdtempSync(join(tmpdir(), "rerankd-release-"));
try {
  const server = await addPackage(project, "rerankd");
  const client = await addPackage(project, "rerankd-client");
  const packedVersion = isDry ? current : version;
  for (const { manifest, files, tarball } of [server, client]) {
    assert.equal(manifest.version, packedVersion, manifest.name);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    say(`packed ${basename(tarball)}: ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`);
  }
  smokeTest(join(server.folder, server.manifest.bin?.rerankd ?? ""), packedVersion);
  if (!isDry) {
    const folder = join(packageRoot, "dist", "release");
    mkdirSync(folder, { recursive: true });
    for (const { tarball } of [server, client]) {
      copyFileSync(tarball, join(folder, basename(tarball)));
    }
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}

say(
  `${isDry ? "would commit and tag" : "commits and tags"} v${version}, with the notes:\n\n${notes}\n`,
);
if (!isDry) {
  git("commit", "--all", "--message", `Release ${version}`);
  git(
    "tag",
    "--annotate",
    `v${version}`,
    "--cleanup=verbatim",
    "--message",
    `${version}\n\n${notes}`,
  );
}
say(
  "next, as RELEASING.md has it: git push --follow-tags, then npm publish --provenance of both, in CI",
);

/** Runs the packed program and imports the packed client, each in the project. */
function smokeTest(program: string, expected: string): void {
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, args, {
      cwd: project,
      env: cleanEnvironment(),
      encoding: "utf8",
    });
  assert(run(program, "--version").startsWith(`rerankd ${expected}`));
  const notes = join(project, "notes.txt");
  writeFileSync(notes, "a blue car\na red apple\n");
  const ranked = run(program, "rank", "--model-id=bundled", "--query=red fruit", notes);
  assert.match(ranked, /a red apple[\s\S]*a blue car/);
  const script =
    "import { rankWithoutServer } from 'rerankd-client/fallback'; rankWithoutServer([])";
  run("--input-type=module", "--eval", `import "rerankd-client"; ${script}`);
  say("the packed program ranks, and the packed client is imported");
}

function npm(...args: string[]): string[] {
  const { npm_execpath: path } = process.env;
  if (path === undefined) throw new Error("run it with `npm run release`");
  return [path, ...args];
}

function inherit() {
  return { cwd: packageRoot, stdio: "inherit" } as const;
}
