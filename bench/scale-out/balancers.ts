import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../test/server-process.ts";
import { findFreePort, startChildServer } from "../process/child-server.ts";

/** What stands between clients and replicas. */
export interface Front {
  /** Where HTTP/1.1 goes; undefined where there is no balancer. */
  readonly httpUrl?: string | undefined;
  /** Where gRPC goes: one address, or those of all replicas. */
  readonly grpcUrls: readonly string[];
  /** Its process; undefined where there is no balancer. */
  readonly pid?: number;
  stop(): Promise<void>;
}

/** A way to reach several replicas. */
export interface FrontKind {
  readonly name: string;
  /** What it is, with its version; undefined where it is not installed. */
  describe(): string | undefined;
  /** Starts it before the replicas on these ports; resolves when it answers. */
  start(root: string, ports: readonly number[]): Promise<Front>;
}

/** Where the files in deploy/ say that the replicas are. */
const shippedPorts = [8001, 8002, 8003] as const;

const nginx: FrontKind = {
  name: "nginx",
  describe: () => firstLine("nginx", ["-v"])?.replace("nginx version: nginx/", "nginx "),
  async start(root, ports) {
    const [httpPort, grpcPort] = [await findFreePort(), await findFreePort()];
    const folder = scratchFolder();
    const text = withPorts(readFileSync(join(root, "deploy/nginx/rerankd.conf"), "utf8"), ports);
    // Before 1.25.1 a port without TLS speaks HTTP/1.1 or HTTP/2, not both.
    const listen = `listen 127.0.0.1:${httpPort};\n    listen 127.0.0.1:${grpcPort} http2;`;
    const site = replaceOnce(text, "listen 7998;\n    http2 on;", listen);
    writeFileSync(join(folder, "rerankd.conf"), site);
    writeFileSync(join(folder, "nginx.conf"), nginxMain(folder));
    return startFront({
      command: "nginx",
      args: ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")],
      folder,
      httpPort,
      grpcPort,
    });
  },
};

const haproxy: FrontKind = {
  name: "HAProxy",
  describe: () =>
    firstLine("haproxy", ["-v"])?.replace(/^HAProxy version (\S+?)[-+ ].*/, "HAProxy $1"),
  async start(root, ports) {
    const port = await findFreePort();
    const folder = scratchFolder();
    const text = withPorts(readFileSync(join(root, "deploy/haproxy/rerankd.cfg"), "utf8"), ports);
    const file = join(folder, "rerankd.cfg");
    writeFileSync(file, replaceOnce(text, "bind :7998", `bind 127.0.0.1:${port}`));
    const args = ["-db", "-f", file];
    return startFront({ command: "haproxy", args, folder, httpPort: port, grpcPort: port });
  },
};

const envoy: FrontKind = {
  name: "Envoy",
  describe: () => {
    const line = firstLine(envoyProgram(), ["--version"]);
    return line?.replace(/^.* version: [0-9a-f]+\/([^/]+)\/.*$/, "Envoy $1");
  },
  async start(root, ports) {
    const port = await findFreePort();
    const folder = scratchFolder();
    const text = readFileSync(join(root, "deploy/envoy/rerankd.yaml"), "utf8");
    const listener = "socket_address: { address: 0.0.0.0, port_value: 7998 }";
    const here = `socket_address: { address: 127.0.0.1, port_value: ${port} }`;
    const file = join(folder, "rerankd.yaml");
    writeFileSync(file, replaceOnce(withEndpoints(text, ports), listener, here));
    const args = [
      "-c",
      file,
      "--concurrency",
      "1",
      "--use-dynamic-base-id",
      "--log-level",
      "error",
    ];
    const command = envoyProgram();
    return startFront({ command, args, folder, httpPort: port, grpcPort: port });
  },
};

const clientLibrary: FrontKind = {
  name: "client library",
  describe: () => "rerankd-client with all addresses, no balancer",
  start: async (_root, ports) => ({
    grpcUrls: ports.map((port) => `http://127.0.0.1:${port}`),
    stop: async () => {},
  }),
};

/** The ways that are compared. */
export const frontKinds: readonly FrontKind[] = [nginx, haproxy, envoy, clientLibrary];

/** The ways that take any number of replicas. */
export const scalableKinds: readonly FrontKind[] = [envoy, clientLibrary];

/** That of scripts/setup-deploy.sh, else the one on the path. */
function envoyProgram(): string {
  const installed = join(packageRoot, ".cache/deploy/venv/bin/envoy");
  return existsSync(installed) ? installed : "envoy";
}

interface FrontOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Removed at the end. */
  readonly folder: string;
  readonly httpPort: number;
  readonly grpcPort: number;
}

async function startFront(options: FrontOptions): Promise<Front> {
  const { command, args, folder, httpPort, grpcPort } = options;
  const httpUrl = `http://127.0.0.1:${httpPort}`;
  const server = await startChildServer({ command, args, healthUrl: `${httpUrl}/health` });
  return {
    httpUrl,
    grpcUrls: [`http://127.0.0.1:${grpcPort}`],
    pid: server.pid,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Returns a folder that other users may enter: nginx's worker is one. */
function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rerankd-scale-out-"));
  chmodSync(folder, 0o755);
  return folder;
}

function nginxMain(folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(" ");
  return `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr warn;
events { worker_connections 1024; }
http { access_log off; ${temporary} include ${folder}/rerankd.conf; }
`;
}

/** Returns Envoy's configuration with as many endpoints as there are ports. */
function withEndpoints(text: string, ports: readonly number[]): string {
  const endpoint = (port: number): string => `              - endpoint:
                  address:
                    socket_address: { address: 127.0.0.1, port_value: ${port} }
`;
  return replaceOnce(text, shippedPorts.map(endpoint).join(""), ports.map(endpoint).join(""));
}

/** Returns the text with the shipped replicas replaced, each of which must be named. */
function withPorts(text: string, ports: readonly number[]): string {
  return shippedPorts.reduce((result, shipped, index) => {
    const from = `127.0.0.1:${shipped}`;
    if (!result.includes(from)) throw new Error(`the configuration does not name ${from}`);
    return result.replaceAll(from, `127.0.0.1:${ports[index]}`);
  }, text);
}

function replaceOnce(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2)
    throw new Error(`the configuration must have \`${from}\` once`);
  return text.replace(from, to);
}

/** Returns the first line that a program prints, undefined where it is not installed. */
function firstLine(command: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? `${stdout}${stderr}`.trim().split("\n")[0] : undefined;
}
