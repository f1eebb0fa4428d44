import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { findFreePort } from "../../bench/process/child-server.ts";
import { type ClusterClient, createClusterClient } from "./cluster-client.ts";

/** A kube-apiserver with an etcd, both on loopback and nothing else of a cluster. */
export interface ApiServer {
  readonly client: ClusterClient;
  /** Ends both and removes their data. */
  stop(): Promise<void>;
}

/** The two programs. */
export interface Programs {
  readonly etcd: string;
  readonly kubeApiServer: string;
}

/** Longest start of each, in ms: a busy machine takes its time. */
const maxStartMs = 120_000;
const pollMs = 250;
const maxStopMs = 20_000;
const quotedCharacters = 2_000;

/** Starts both; resolves once the API server is ready. Rejects with the end of its log if it is not. */
export async function startApiServer(programs: Programs): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), "rerankd-cluster-"));
  const children: Child[] = [];
  const stop = async (): Promise<void> => {
    for (const child of children.toReversed()) await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [etcdPort, peerPort, port] = [
      await findFreePort(),
      await findFreePort(),
      await findFreePort(),
    ];
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    children.push(startChild(programs.etcd, etcdArguments(folder, etcdUrl, peerPort)));
    await untilReady("etcd", children, async () => (await fetch(`${etcdUrl}/health`)).ok);

    const token = randomBytes(16).toString("hex");
    children.push(
      startChild(programs.kubeApiServer, apiServerArguments({ folder, etcdUrl, port, token })),
    );
    const url = `https://127.0.0.1:${port}`;
    const readClient = () =>
      createClusterClient({ url, token, ca: readFileSync(join(folder, "certs/apiserver.crt")) });
    await untilReady("kube-apiserver", children, async () => readClient().isReady());
    return { client: readClient(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function etcdArguments(folder: string, url: string, peerPort: number): string[] {
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    `--data-dir=${folder}/etcd`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--logger=zap",
    "--log-level=error",
    // Nothing here outlives the run.
    "--unsafe-no-fsync",
  ];
}

function apiServerArguments(options: {
  readonly folder: string;
  readonly etcdUrl: string;
  readonly port: number;
  readonly token: string;
}): string[] {
  const { folder, etcdUrl, port, token } = options;
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const key = join(folder, "service-account.key");
  const tokens = join(folder, "tokens.csv");
  mkdirSync(join(folder, "certs"));
  writeFileSync(key, privateKey, { mode: 0o600 });
  writeFileSync(tokens, `${token},admin,1,system:masters\n`, { mode: 0o600 });
  return [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${folder}/certs`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${tokens}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.0.0.0/24",
    // It would make an endpoint of this server's address, which must not be loopback.
    "--endpoint-reconciler-type=none",
    // Nobody makes the service accounts of new namespaces here.
    "--disable-admission-plugins=ServiceAccount",
  ];
}

interface Child {
  readonly running: () => boolean;
  readonly log: () => string;
  stop(): Promise<void>;
}

function startChild(command: string, args: readonly string[]): Child {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log = `${log}${text}`.slice(-quotedCharacters);
  });
  child.on("error", (error) => {
    log = error.message;
  });
  const running = () => child.pid !== undefined && isRunning(child);
  return {
    running,
    log: () => log,
    async stop() {
      if (!running()) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const killing = setTimeout(() => child.kill("SIGKILL"), maxStopMs);
      await ended;
      clearTimeout(killing);
    },
  };
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** Asks until it is ready, as long as the last of the processes lives. */
async function untilReady(
  name: string,
  children: readonly Child[],
  isReady: () => Promise<boolean>,
): Promise<void> {
  const child = children.at(-1);
  const endMs = performance.now() + maxStartMs;
  while (performance.now() < endMs && child?.running()) {
    if (await isReady().catch(() => false)) return;
    await wait(pollMs);
  }
  throw new Error(`${name} was not ready: ${child?.log()}`);
}
