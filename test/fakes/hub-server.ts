import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** A model that the stand-in serves. */
export interface FakeHubModel {
  readonly id: string;
  readonly commit: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Paths that are served through the second origin, as Git LFS files are. */
  readonly largeFiles?: readonly string[];
  /** Branches and tags at `commit`, beside `main`. */
  readonly refs?: readonly string[];
  /** The token that a caller must send. */
  readonly token?: string;
  /** Whether a caller with a token has not accepted the terms. */
  readonly gated?: boolean;
  /** Names that the listing has beside the files. */
  readonly listedNames?: readonly string[];
}

/** What goes wrong at a request whose path matches. */
export interface FakeHubFault {
  readonly path: RegExp;
  /** How many requests go wrong. Default: 1. */
  readonly times?: number;
  /** Answers with this status and no body. */
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  /**
   * Cuts the connection after this many bytes of the body, once `resume` has resolved if it is
   * there.
   */
  readonly cutAfterBytes?: number;
  /** Sends this many bytes of the body and then waits for `resume`, or for ever. */
  readonly pauseAfterBytes?: number;
  readonly resume?: Promise<void>;
  /** Sends wrong bytes. */
  readonly corrupt?: boolean;
  /** Sends the whole file whatever range is asked for. */
  readonly ignoreRange?: boolean;
}

/** A request that came. */
export interface FakeHubRequest {
  readonly origin: "hub" | "cdn";
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** A running stand-in for the hub. */
export interface FakeHub {
  readonly endpoint: string;
  readonly requests: FakeHubRequest[];
  /** Makes later requests go wrong. */
  fail(fault: FakeHubFault): void;
  /** Calls `listener` for each later request, once it is in `requests`. */
  onRequest(listener: () => void): void;
  close(): Promise<void>;
}

/** Starts a hub and its second origin for large files on loopback ports. */
export async function startHubServer(models: readonly FakeHubModel[]): Promise<FakeHub> {
  const requests: FakeHubRequest[] = [];
  const listeners: (() => void)[] = [];
  const faults: { fault: FakeHubFault; left: number }[] = [];
  const serve = (origin: "hub" | "cdn") =>
    createServer((request, response) => {
      const { method = "", headers } = request;
      const path = decodeURIComponent(new URL(request.url ?? "/", "http://hub").pathname);
      const { authorization, range } = headers;
      requests.push({ origin, method, path, authorization, range });
      for (const listener of listeners) listener();
      const entry = faults.find(({ fault, left }) => left > 0 && fault.path.test(path));
      if (entry !== undefined) entry.left -= 1;
      const exchange = { request, response, path, fault: entry?.fault };
      if (entry?.fault.status !== undefined) {
        refuse(response, entry.fault.status, entry.fault.headers);
      } else if (origin === "hub") {
        answerHub(exchange, models, addressOf(cdn));
      } else {
        answerCdn(exchange, models);
      }
    });
  const hub = serve("hub");
  const cdn = serve("cdn");
  for (const server of [hub, cdn]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  return {
    endpoint: addressOf(hub),
    requests,
    fail: (fault) => faults.push({ fault, left: fault.times ?? 1 }),
    onRequest: (listener) => listeners.push(listener),
    async close() {
      for (const server of [hub, cdn]) {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      }
    },
  };
}

/** Returns the name that git gives to a file's bytes. */
export function gitSha1(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Returns the name that Git LFS gives to a file's bytes. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly fault: FakeHubFault | undefined;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function refuse(response: ServerResponse, status: number, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(status, { "content-length": 0, ...headers });
  response.end();
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function answerHub(exchange: Exchange, models: readonly FakeHubModel[], cdn: string): void {
  const { path, request, response } = exchange;
  const [, api, id, kind, rest = ""] =
    /^\/(api\/models\/)?([^/]+\/[^/]+)\/(revision|tree|resolve)\/(.+)$/.exec(path) ?? [];
  const model = models.find((known) => known.id === id);
  if (model === undefined) {
    refuse(response, 404, { "x-error-code": "RepoNotFound" });
    return;
  }
  if (model.token !== undefined && request.headers.authorization !== `Bearer ${model.token}`) {
    refuse(response, 401, { "x-error-code": "RepoNotFound" });
    return;
  }
  if (model.gated) {
    refuse(response, 403, { "x-error-code": "GatedRepo" });
    return;
  }
  const revisions = [model.commit, "main", ...(model.refs ?? [])];
  const revision = revisions.find((name) => rest === name || rest.startsWith(`${name}/`));
  if (revision === undefined) {
    refuse(response, 404, { "x-error-code": "RevisionNotFound" });
    return;
  }
  if (api && kind === "revision") {
    const siblings = Object.keys(model.files).map((rfilename) => ({ rfilename }));
    sendJson(response, { _id: "1", id, sha: model.commit, siblings });
    return;
  }
  if (api && kind === "tree") {
    sendJson(response, listTree(model));
    return;
  }
  sendFromHub(exchange, model, rest.slice(revision.length + 1), cdn);
}

function listTree(model: FakeHubModel): object[] {
  const listed = Object.entries(model.files).map(([path, bytes]) => {
    const entry = { type: "file", path, size: bytes.length, oid: gitSha1(bytes) };
    if (!model.largeFiles?.includes(path)) return entry;
    return { ...entry, lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } };
  });
  const oid = "0".repeat(40);
  const named = (model.listedNames ?? []).map((path) => ({ type: "file", path, size: 1, oid }));
  return [{ type: "directory", path: "onnx", size: 0, oid }, ...listed, ...named];
}

function sendFromHub(exchange: Exchange, model: FakeHubModel, file: string, cdn: string): void {
  const bytes = model.files[file];
  if (bytes === undefined) {
    refuse(exchange.response, 404, { "x-error-code": "EntryNotFound" });
    return;
  }
  const commit = { "x-repo-commit": model.commit };
  if (!model.largeFiles?.includes(file)) {
    sendBytes(exchange, bytes, { ...commit, etag: `"${gitSha1(bytes)}"` });
    return;
  }
  refuse(exchange.response, 302, {
    ...commit,
    location: `${cdn}/${sha256(bytes)}`,
    "x-linked-size": bytes.length,
    "x-linked-etag": `"${sha256(bytes)}"`,
  });
}

function answerCdn(exchange: Exchange, models: readonly FakeHubModel[]): void {
  const all = models.flatMap(({ files }) => Object.values(files));
  const bytes = all.find((known) => `/${sha256(known)}` === exchange.path);
  if (bytes === undefined) {
    refuse(exchange.response, 404);
    return;
  }
  sendBytes(exchange, bytes, { etag: `"${sha256(bytes)}"` });
}

function sendBytes(exchange: Exchange, bytes: Uint8Array, headers: OutgoingHttpHeaders): void {
  const { request, response, fault } = exchange;
  const range = fault?.ignoreRange ? undefined : request.headers.range;
  const start = range === undefined ? 0 : Number(/^bytes=(\d+)-/.exec(range)?.[1]);
  if (start > 0 && start >= bytes.length) {
    refuse(response, 416, { "content-range": `bytes */${bytes.length}` });
    return;
  }
  const body = Buffer.from(bytes.subarray(start));
  if (fault?.corrupt) body.writeUInt8(body.readUInt8(0) ^ 1, 0);
  const contentRange = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
  response.writeHead(range === undefined ? 200 : 206, {
    ...headers,
    "content-length": body.length,
    ...(range === undefined ? {} : { "content-range": contentRange }),
  });
  const { cutAfterBytes, pauseAfterBytes, resume } = fault ?? {};
  if (cutAfterBytes !== undefined) {
    response.write(body.subarray(0, cutAfterBytes), async () => {
      await resume;
      response.destroy();
    });
  } else if (pauseAfterBytes !== undefined) {
    response.write(body.subarray(0, pauseAfterBytes));
    void resume?.then(() => response.end(body.subarray(pauseAfterBytes)));
  } else {
    response.end(body);
  }
}
