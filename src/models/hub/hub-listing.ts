import { StartupError } from "../../errors.ts";
import { checkFileName } from "../file-name.ts";
import { isCommit } from "./hub-cache.ts";
import type { Fetch } from "./hub-fetch.ts";

/** The hash of a file, which verifies its bytes and names its blob in the cache. */
export interface FileHash {
  /**
   * Git LFS names large files by SHA-256; git names the others by SHA-1 over a header and the
   * bytes.
   */
  readonly algorithm: "sha256" | "git-sha1";
  /** The hash in lower-case hex. */
  readonly hex: string;
}

/** A file of a model on the hub. */
export interface HubFile {
  /** The path in the model, with `/`; checked to stay inside it. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly hash: FileHash;
}

/** The files of a model at one commit. */
export interface HubListing {
  /** The commit, 40 hex digits. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** A model has tens of files; a listing beyond this is not one of a model. */
const maxListedFiles = 20_000;

/** What to list. */
export interface HubListingOptions {
  readonly id: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  readonly endpoint: string;
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
}

/** The next page of a listing in a `Link` header (RFC 8288), as the hub writes it. */
const nextPagePattern = /<(https?:[^>]+)>\s*;\s*rel="?next"?/;

/**
 * Lists the files of a model. Rejects with the error of `fetch`, or a StartupError if the answer is
 * not a hub's.
 */
export async function listHubFiles(options: HubListingOptions): Promise<HubListing> {
  const { id, revision, endpoint } = options;
  const api = `${endpoint}/api/models/${id}`;
  const info = await get(`${api}/revision/${encodeURIComponent(revision)}?expand=sha`, options);
  const { sha: commit } = (info.json ?? {}) as { readonly sha?: unknown };
  if (typeof commit !== "string" || !isCommit(commit)) throw unfit("a commit hash", commit);
  const files: HubFile[] = [];
  let url: string | undefined = `${api}/tree/${commit}?recursive=true`;
  while (url !== undefined) {
    const page = await get(url, options);
    if (!Array.isArray(page.json)) throw unfit("a model's files as JSON", typeof page.json);
    for (const entry of page.json as readonly (ListedEntry | null)[]) {
      if (entry?.type === "file") files.push(readEntry(entry));
    }
    if (files.length > maxListedFiles) throw unfit("a model's files", `over ${maxListedFiles}`);
    url = page.next;
  }
  return { commit, files };
}

async function get(
  url: string,
  { fetch, signal }: HubListingOptions,
): Promise<{ readonly json: unknown; readonly next: string | undefined }> {
  const response = await fetch(url, { headers: { accept: "application/json" }, signal });
  const next = nextPagePattern.exec(response.headers.get("link") ?? "")?.[1];
  const text = await response.text();
  try {
    return { json: JSON.parse(text), next };
  } catch {
    throw unfit("a model's files as JSON", "something else");
  }
}

interface ListedEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid?: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

function readEntry({ path, size, oid, lfs }: ListedEntry): HubFile {
  if (typeof path !== "string") throw unfit("a file's path", path);
  checkFileName(path, "the hub's listing");
  const sizeBytes = lfs?.size ?? size;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw unfit("a file's size", sizeBytes);
  const algorithm = lfs === undefined ? "git-sha1" : "sha256";
  const hex = lfs?.oid ?? oid ?? "";
  // The hash becomes a file's name in the cache, so its form matters.
  const expected = algorithm === "sha256" ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/;
  if (typeof hex !== "string" || !expected.test(hex))
    throw unfit(`a ${algorithm} hash of ${path}`, hex);
  return { path, sizeBytes, hash: { algorithm, hex } };
}

function unfit(expected: string, got: unknown): StartupError {
  return new StartupError(
    `the hub's listing must give ${expected}, got: ${JSON.stringify(got) ?? "nothing"}`,
    { hint: "check that HF_ENDPOINT is the address of a Hugging Face hub or a mirror of one" },
  );
}
