import { StartupError } from "../../errors.ts";
import { checkFileName } from "../file-name.ts";
import { isCommit } from "./hub-cache.ts";
import type { Fetch } from "./hub-fetch.ts";

/** How a file's bytes are proved right, and its blob's name in the cache. */
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

/**
 * Lists the files of a model. Rejects with the error of `fetch`, or a StartupError if the answer is
 * not a hub's.
 */
export async function listHubFiles(options: HubListingOptions): Promise<HubListing> {
  try {
    return await list(options);
  } catch (error) {
    const isNotJson = error instanceof SyntaxError;
    const isOtherJson = error instanceof TypeError && error.cause === undefined;
    throw isNotJson || isOtherJson ? unfit("a model's files as JSON", "something else") : error;
  }
}

async function list(options: HubListingOptions): Promise<HubListing> {
  const { id, revision, endpoint, signal } = options;
  // Loaded here, because a server that starts from the cache has no use for it.
  const { listFiles, modelInfo } = await import("@huggingface/hub");
  const fetch: Fetch = (input, init) => options.fetch(input, { ...init, signal });
  const hub = { hubUrl: endpoint, fetch };

  const { sha: commit } = await modelInfo({
    ...hub,
    name: id,
    revision,
    additionalFields: ["sha"],
  });
  if (typeof commit !== "string" || !isCommit(commit)) throw unfit("a commit hash", commit);
  const files: HubFile[] = [];
  for await (const entry of listFiles({ ...hub, repo: id, revision: commit, recursive: true })) {
    if (entry.type !== "file") continue;
    files.push(readEntry(entry));
    if (files.length > maxListedFiles) throw unfit("a model's files", `over ${maxListedFiles}`);
  }
  return { commit, files };
}

interface ListedEntry {
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
