import assert from "node:assert/strict";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { findFreePort } from "../../bench/process/child-server.ts";
import { packageRoot } from "../server-process.ts";
import { type Container, type ImageConfig, startContainer, until } from "./container.ts";

/** An image as it lies on this machine. */
export interface Image {
  readonly rootfs: string;
  readonly config: ImageConfig;
}

/** What must hold of an image. `run` rejects if it does not, and may say what it found. */
export interface ImageCheck {
  readonly title: string;
  run(image: Image): Promise<string | undefined>;
}

/** Largest size of everything in the image, in MB. */
const maxMb = 300;
/** Longest start and longest end of a server, in ms. */
const maxWaitMs = 60_000;
/** A user that no file of the image knows. */
const stranger = { uid: 47_110, gid: 47_110 };

const fixtures = join(packageRoot, "test/fixtures/tls");
const tlsSettings = {
  RERANKER_TLS_CERT: "/etc/rerankd-tls/cert.pem",
  RERANKER_TLS_KEY: "/etc/rerankd-tls/key.pem",
};
const tlsMount = { destination: "/etc/rerankd-tls", source: fixtures };

/** What must hold of the image, in the order in which it is checked. */
export const checks: readonly ImageCheck[] = [
  {
    title: `is ${maxMb} MB or less`,
    async run({ rootfs }) {
      const parts = ["app/node_modules", "app/models", "app/dist", "usr/local/bin/node", ""];
      const sizes = parts.map((part) => Math.round(sizeOf(join(rootfs, part)) / 1e6));
      const [modules, models, dist, node, all = Number.POSITIVE_INFINITY] = sizes;
      assert(all <= maxMb, `${all} MB`);
      return `${all} MB, of which packages ${modules}, model ${models}, Node ${node}, rerankd ${dist}`;
    },
  },
  {
    title: "has no npm, no compiler, no documentation of packages and one processor's libraries",
    async run({ rootfs }) {
      const files = filesOf(rootfs);
      const unwanted =
        /\/bin\/(npm|npx|yarn|corepack|gcc|cc|apt-get|perl)$|^usr\/share\/(man|info)\/|^app\/node_modules\/.*(\.d\.ts|\.map)$|onnxruntime_providers_(cuda|tensorrt)/;
      assert.deepEqual(
        files.filter((path) => unwanted.test(path)),
        [],
      );
      assert.equal(files.filter((path) => path.includes("libonnxruntime.so")).length, 1);
      return undefined;
    },
  },
  {
    title: "names its packages: npm's in sbom.cdx.json, Debian's in /var/lib/dpkg/status",
    async run({ rootfs }) {
      const { components } = JSON.parse(
        readFileSync(join(rootfs, "app/sbom.cdx.json"), "utf8"),
      ) as { readonly components: readonly { readonly name: string }[] };
      const debian = readFileSync(join(rootfs, "var/lib/dpkg/status"), "utf8").match(
        /^Package: /gm,
      );
      assert(components.some(({ name }) => name === "onnxruntime-node"));
      assert((debian?.length ?? 0) > 5);
      return `${components.length} and ${debian?.length}`;
    },
  },
  {
    title: "runs as a user that is not root by itself",
    run: async ({ config }) => {
      assert.match(config.User, /^[1-9]\d*:[1-9]\d*$/);
      return config.User;
    },
  },
  {
    title: "starts as a stranger with a read-only root, answers, and its health check is green",
    run: (image) =>
      withServer(image, {}, async ({ container, port }) => {
        await answers(() => post(`http://127.0.0.1:${port}`));
        assert.equal(container.exec(healthCheckOf(image.config)), 0, "the health check is red");
        const { uid } = stranger;
        assert.equal(container.exec(["sh", "-c", `test "$(id -u)" = ${uid}`]), 0);
        assert.notEqual(container.exec(["sh", "-c", "echo > /app/file"]), 0, "/app can be written");
        return undefined;
      }),
  },
  {
    title: "the health check is green with TLS too",
    run: (image) =>
      withServer(image, { env: tlsSettings, mounts: [tlsMount] }, async ({ container, port }) => {
        assert.equal(await statusOverTls(port), 200);
        assert.equal(container.exec(healthCheckOf(image.config)), 0, "the health check is red");
        return undefined;
      }),
  },
  {
    title: "the health check is red where the server cannot be asked",
    run: (image) =>
      withServer(image, {}, async ({ container }) => {
        // Nobody listens there.
        const wrong = ["rerankd", "health", "--url", "http://127.0.0.1:9"];
        assert.notEqual(container.exec(wrong), 0);
        return undefined;
      }),
  },
  {
    title: "drains at SIGTERM: what runs is answered, and it ends with status 0",
    run: (image) =>
      withServer(image, {}, async ({ container, port }) => {
        const running = Array.from({ length: 4 }, () =>
          post(`http://127.0.0.1:${port}`, longDocuments),
        );
        await new Promise((resolve) => setTimeout(resolve, 200));
        const startedMs = performance.now();
        container.signal("TERM");
        for (const answer of await Promise.all(running)) assert.equal(answer.status, 200);
        assert.equal(await container.ended, 0);
        return `in ${Math.round(performance.now() - startedMs)} ms`;
      }),
  },
  {
    title: "runs as many workers and threads as its limit of CPU has cores",
    run: (image) =>
      withServer(image, { cpus: 1 }, async ({ port }) => {
        const response = await fetch(`http://127.0.0.1:${port}/health`);
        const { workers, threads } = (await response.json()) as Readonly<Record<string, number>>;
        assert.deepEqual([workers, threads], [1, 1]);
        return undefined;
      }),
  },
];

const longDocuments = Array.from({ length: 8 }, (_item, n) => `${n} ${"words ".repeat(300)}`);

interface RunningImage {
  readonly container: Container;
  readonly port: number;
}

/** Runs something with a server of the image as a stranger, and removes it. */
async function withServer<T>(
  { rootfs, config }: Image,
  different: Pick<Partial<Parameters<typeof startContainer>[0]>, "env" | "mounts" | "cpus">,
  run: (running: RunningImage) => Promise<T>,
): Promise<T> {
  const port = await findFreePort();
  const { env, mounts = [], cpus } = different;
  const container = startContainer({
    rootfs,
    config,
    ...stranger,
    env: { RERANKER_HOST: "127.0.0.1", RERANKER_PORT: String(port), ...env },
    mounts: [{ destination: "/tmp" }, ...mounts],
    ...(cpus !== undefined && { cpus }),
  });
  try {
    const isReady = async () => container.log().includes('"msg":"ready"');
    if (!(await until(isReady, maxWaitMs))) throw new Error(`not ready: ${container.log()}`);
    return await run({ container, port });
  } finally {
    await container.remove();
  }
}

/** Returns the command of the image's health check. */
function healthCheckOf({ Healthcheck }: ImageConfig): readonly string[] {
  const [kind, ...command] = Healthcheck?.Test ?? [];
  assert.equal(kind, "CMD");
  return command;
}

function post(url: string, documents: readonly string[] = ["a pear", "an apple"]) {
  return fetch(`${url}/rerank`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "fruit", documents }),
    signal: AbortSignal.timeout(maxWaitMs),
  });
}

async function answers(send: () => Promise<Response>): Promise<void> {
  const response = await send();
  assert.equal(response.status, 200);
  const { results } = (await response.json()) as { readonly results: readonly unknown[] };
  assert.equal(results.length, 2);
}

/** Asks for the health of a server whose certificate was made for the tests. */
function statusOverTls(port: number): Promise<number | undefined> {
  const options = { host: "127.0.0.1", port, path: "/health", rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** Returns the paths of all files below a folder. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** Returns the bytes of a file, or of everything below a folder. */
function sizeOf(path: string): number {
  const entry = lstatSync(path);
  if (!entry.isDirectory()) return entry.size;
  return filesOf(path).reduce((sum, file) => sum + lstatSync(join(path, file)).size, 0);
}
