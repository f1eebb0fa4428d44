import { request } from "node:https";
import { setTimeout as wait } from "node:timers/promises";

/** An object of Kubernetes, as far as it is looked at. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Sends objects to an API server and asks what it stored. */
export interface ClusterClient {
  isReady(): Promise<boolean>;
  /**
   * Creates an object; fields that its kind does not have are an error. `dryRun` lets it through
   * every check and stores nothing. Rejects with the server's reason.
   */
  create(object: KubeObject, options?: { readonly dryRun?: boolean }): Promise<void>;
  /** Returns an object as it is stored. */
  read(object: KubeObject): Promise<KubeObject>;
  /** Waits until the server serves the kind of a custom resource definition. */
  untilServed(definition: KubeObject): Promise<void>;
}

/** Where the server is, and as whom it is asked. */
export interface ClusterClientOptions {
  readonly url: string;
  readonly token: string;
  readonly ca: Buffer;
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const maxServedMs = 60_000;
const pollMs = 200;

/** Returns a client. It keeps no connection. */
export function createClusterClient(options: ClusterClientOptions): ClusterClient {
  async function call(method: string, path: string, body?: object): Promise<string> {
    const { status, text } = await send(options, method, path, body);
    if (status < 300) return text;
    let message = text;
    try {
      message = String((JSON.parse(text) as { readonly message?: unknown }).message);
    } catch {
      // Not the server's own answer.
    }
    throw new Error(`${method} ${path}: ${status} ${message}`);
  }

  /** Returns the path of an object's collection. */
  async function collectionOf({ apiVersion, kind, metadata }: KubeObject): Promise<string> {
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { resources } = JSON.parse(await call("GET", base)) as {
      readonly resources: readonly Resource[];
    };
    const found = resources.find(({ name, kind: its }) => its === kind && !name.includes("/"));
    if (found === undefined) throw new Error(`the server has no ${kind} of ${apiVersion}`);
    if (!found.namespaced) return `${base}/${found.name}`;
    return `${base}/namespaces/${metadata.namespace ?? "default"}/${found.name}`;
  }

  return {
    async isReady() {
      return (await send(options, "GET", "/readyz")).status === 200;
    },
    async create(object, { dryRun = false } = {}) {
      const query = `fieldValidation=Strict${dryRun ? "&dryRun=All" : ""}`;
      await call("POST", `${await collectionOf(object)}?${query}`, object);
    },
    async read(object) {
      const path = `${await collectionOf(object)}/${object.metadata.name}`;
      return JSON.parse(await call("GET", path)) as KubeObject;
    },
    async untilServed({ spec }) {
      const { group, names, versions } = spec as {
        readonly group: string;
        readonly names: { readonly plural: string };
        readonly versions: readonly { readonly name: string; readonly served: boolean }[];
      };
      const version = versions.find(({ served }) => served)?.name;
      const endMs = performance.now() + maxServedMs;
      for (;;) {
        const answer = await send(options, "GET", `/apis/${group}/${version}/${names.plural}`);
        if (answer.status === 200) return;
        if (performance.now() > endMs) throw new Error(`${names.plural}.${group} is not served`);
        await wait(pollMs);
      }
    },
  };
}

function send(
  { url, token, ca }: ClusterClientOptions,
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    const outgoing = request(`${url}${path}`, { method, headers, ca, agent: false }, (incoming) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("error", reject);
      incoming.on("end", () => {
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(parts).toString("utf8") });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
