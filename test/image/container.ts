import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** What an image says of its containers: Docker's configuration, as far as it is used. */
export interface ImageConfig {
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly WorkingDir: string;
  readonly User: string;
  readonly Healthcheck?: { readonly Test: readonly string[] };
}

/** A folder of this machine, or a folder in memory, at a place in the container. */
export interface Mount {
  readonly destination: string;
  /** Bound for reading; undefined: a folder in memory that everybody may write to. */
  readonly source?: string;
}

/** How a container differs from what the image says. */
export interface ContainerOptions {
  readonly rootfs: string;
  readonly config: ImageConfig;
  readonly uid: number;
  readonly gid: number;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
  /** Cores that it may use; undefined: all, and no control group is made. */
  readonly cpus?: number;
}

/** A container whose root is read-only, on the network of this machine. */
export interface Container {
  /** Runs a command inside and returns its status. */
  exec(command: readonly string[]): number | null;
  signal(name: "TERM" | "KILL"): void;
  /** Resolves with the status of its first process. */
  readonly ended: Promise<number | null>;
  /** What its first process has written. */
  log(): string;
  /** Ends it, whatever it does, and removes what was made for it. */
  remove(): Promise<void>;
}

const periodMicroseconds = 100_000;

/** Starts a container with crun. */
export function startContainer(options: ContainerOptions): Container {
  const folder = mkdtempSync(join(tmpdir(), "rerankd-image-"));
  const bundle = join(folder, "bundle");
  mkdirSync(bundle);
  writeFileSync(join(bundle, "config.json"), JSON.stringify(bundleOf(options)));
  const manager = options.cpus === undefined ? "disabled" : "cgroupfs";
  const [command, ...first] = crunCommand();
  const crun = [...first, "--root", join(folder, "state"), `--cgroup-manager=${manager}`];
  const id = `rerankd-${process.pid}-${folder.slice(-6)}`;
  const child = spawn(command, [...crun, "run", "--bundle", bundle, id], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", (error) => {
      text += error.message;
      resolve(null);
    });
    child.once("exit", resolve);
  });
  const signal = (name: string): void => {
    spawnSync(command, [...crun, "kill", id, name], { stdio: "ignore" });
  };
  return {
    exec: (words) => {
      const user = `${options.uid}:${options.gid}`;
      const args = [...crun, "exec", "--user", user, id, ...words];
      return spawnSync(command, args, { stdio: "ignore" }).status;
    },
    signal,
    ended,
    log: () => text,
    async remove() {
      signal("KILL");
      await ended;
      spawnSync(command, [...crun, "delete", "--force", id], { stdio: "ignore" });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Returns the command that is crun. Where both versions of control groups are mounted and the second one has
 * controllers, crun refuses to work: it is then started where only the first is mounted.
 */
function crunCommand(): [string, ...string[]] {
  const second = "/sys/fs/cgroup/unified";
  const controllers = join(second, "cgroup.controllers");
  if (!existsSync(controllers) || readFileSync(controllers, "utf8").trim() === "") return ["crun"];
  return ["unshare", "--mount", "sh", "-c", `umount ${second} && exec crun "$@"`, "crun"];
}

/** Waits until it is true, asking every tenth of a second. */
export async function until(isTrue: () => Promise<boolean>, maxMs: number): Promise<boolean> {
  for (const endMs = performance.now() + maxMs; performance.now() < endMs; ) {
    if (await isTrue().catch(() => false)) return true;
    await wait(100);
  }
  return false;
}

/** The configuration of the OCI runtime specification. */
function bundleOf({ rootfs, config, uid, gid, env, mounts = [], cpus }: ContainerOptions): object {
  const memory = (destination: string, ...set: readonly string[]): object => ({
    destination,
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", ...set],
  });
  const quota = cpus !== undefined && {
    cpu: { quota: Math.round(cpus * periodMicroseconds), period: periodMicroseconds },
  };
  return {
    ociVersion: "1.0.2",
    root: { path: rootfs, readonly: true },
    process: {
      user: { uid, gid },
      cwd: config.WorkingDir,
      args: config.Entrypoint,
      env: [...config.Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
      noNewPrivileges: true,
      capabilities: {},
    },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      memory("/dev", "mode=755"),
      ...(cpus === undefined
        ? []
        : [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"] }]),
      ...mounts.map(({ destination, source }) =>
        source === undefined
          ? memory(destination, "nodev", "mode=1777")
          : { destination, type: "bind", source, options: ["bind", "ro"] },
      ),
    ],
    linux: {
      namespaces: ["pid", "mount", "ipc", "uts"].map((type) => ({ type })),
      resources: { ...quota },
    },
  };
}
