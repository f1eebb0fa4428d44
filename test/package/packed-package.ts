import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../server-process.ts";

const run = promisify(execFile);

/** The packages of this repository, and the folder of each. */
const folders = { rerankd: packageRoot, "rerankd-client": join(packageRoot, "client") };

/** A package that is published from this repository. */
export type PackageName = keyof typeof folders;

/** What the tests read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package as it would be published, unpacked into a project of its own. */
export interface PackedPackage {
  /** The tarball that `npm pack` made. */
  readonly tarball: string;
  /** Its files, as the tarball lists them below `package/`. */
  readonly files: readonly PackedFile[];
  /** An empty project that has the package, and what it depends on, in `node_modules`. */
  readonly project: string;
  /** The unpacked package. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Removes all of it. */
  remove(): Promise<void>;
}

/** One file of a tarball. */
export interface PackedFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/** Packs a package that is built and unpacks it into an empty project, as `addPackage` does. */
export async function packPackage(name: PackageName = "rerankd"): Promise<PackedPackage> {
  const project = await mkdtemp(join(tmpdir(), "rerankd-package-"));
  const packed = await addPackage(project, name);
  return { ...packed, project, remove: () => rm(project, { recursive: true, force: true }) };
}

/**
 * Packs a package that is built into a project and unpacks it there. What it depends on is linked
 * from this repository, and nothing else: a package that is not declared cannot be imported. So this
 * needs no network, but does not show that npm finds those versions, nor that npm links `bin`.
 */
export async function addPackage(
  project: string,
  name: PackageName,
): Promise<Omit<PackedPackage, "project" | "remove">> {
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", project];
  const { stdout } = await run("npm", pack, { cwd: folders[name] });
  const [packed] = JSON.parse(stdout) as readonly {
    readonly filename: string;
    readonly files: readonly PackedFile[];
  }[];
  if (packed === undefined) throw new Error("npm pack told no file");
  const tarball = join(project, packed.filename);

  const folder = join(project, "node_modules", name);
  await mkdir(folder, { recursive: true });
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", folder]);
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  const needed = { ...manifest.dependencies, ...manifest.peerDependencies, "@types/node": "" };
  for (const dependency of Object.keys(needed)) {
    const link = join(project, "node_modules", dependency);
    if (existsSync(link)) continue;
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(packageRoot, "node_modules", dependency), link, "junction");
  }
  return { tarball, files: packed.files, folder, manifest };
}

/** How a program ended. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Longest run of a program, in milliseconds. */
const timeoutMs = 120_000;

/** Runs a program in a folder to its end and returns what it printed, whatever its exit code. */
export async function runIn(cwd: string, file: string, ...args: string[]): Promise<Outcome> {
  try {
    const { stdout, stderr } = await run(file, args, { cwd, timeout: timeoutMs });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}
