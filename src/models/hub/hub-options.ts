import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { StartupError } from "../../errors.ts";
import { type NetworkOptions, readNetworkOptions } from "./network-fetch.ts";

/** The settings of the model hub and of its cache on this machine. */
export interface HubOptions {
  /** The hub's address without a slash at its end. */
  readonly endpoint: string;
  /**
   * The folder with one `models--owner--name` folder for each model, absolute. Reading it throws a
   * StartupError if it depends on the home folder and that is unknown.
   */
  readonly cacheDirectory: string;
  /**
   * The home folder that `~` stands for. Reading it throws a StartupError if it is unknown: no
   * `HOME`, and a user without an entry in the system's list, as in many containers.
   */
  readonly homeDirectory: string;
  /** Whether the network must not be used. */
  readonly offline: boolean;
  /** The variable that says so, for messages. Default: `HF_HUB_OFFLINE`. */
  readonly offlineVariable?: string;
  /** The access token. Sent to the endpoint only. */
  readonly token?: string;
  /** Proxies and certificate authorities. Default: none beside the usual ones. */
  readonly network?: NetworkOptions;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that turns the network off. */
export const defaultOfflineVariable = "HF_HUB_OFFLINE";

/** Another one that does, where the first is not set. */
const otherOfflineVariable = "TRANSFORMERS_OFFLINE";

const defaultEndpoint = "https://huggingface.co";
const trueValues = new Set(["1", "ON", "YES", "TRUE"]);

/**
 * Reads the hub's settings as Python's `huggingface_hub` does: `HF_ENDPOINT`, `HF_HUB_CACHE`,
 * `HF_HOME`, `XDG_CACHE_HOME`, `HF_HUB_OFFLINE`, and the token from `HF_TOKEN` or else from the
 * file that `hf auth login` writes; and how the machine reaches the internet, as
 * `readNetworkOptions` does. Throws a StartupError if `HF_ENDPOINT` is no http or https
 * address. The home folder is looked up only where a path needs it: `findHome` may throw.
 */
export async function readHubOptions(
  env: Environment,
  findHome: () => string = homedir,
): Promise<HubOptions> {
  const home = (): string => env.HOME || env.USERPROFILE || homeOrThrow(findHome);
  const expand = (path: string) => resolve(expandPath(path, env, home));
  const hubFolder = (): string =>
    expand(env.HF_HOME || join(env.XDG_CACHE_HOME || join(home(), ".cache"), "huggingface"));
  const token =
    cleanToken(env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN) ??
    cleanToken(await readTokenFile(() => expand(env.HF_TOKEN_PATH || join(hubFolder(), "token"))));
  const says = env[defaultOfflineVariable] || !env[otherOfflineVariable];
  const offlineVariable = says ? defaultOfflineVariable : otherOfflineVariable;
  return {
    endpoint: readEndpoint(env.HF_ENDPOINT || defaultEndpoint),
    get cacheDirectory() {
      return expand(env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(hubFolder(), "hub"));
    },
    get homeDirectory() {
      return home();
    },
    offline: trueValues.has((env[offlineVariable] ?? "").toUpperCase()),
    offlineVariable,
    ...(token === undefined ? {} : { token }),
    network: readNetworkOptions(env),
  };
}

function homeOrThrow(findHome: () => string): string {
  try {
    return findHome();
  } catch (cause) {
    throw new StartupError("this user has no home folder, and HOME is not set", {
      hint: "set HF_HOME to a folder for models, or serve `--model-id bundled` or a folder",
      cause,
    });
  }
}

/** Replaces a `~` at the start of a path by the home folder, which is asked for only then. */
export function expandHome(path: string, home: () => string): string {
  return path === "~" || path.startsWith("~/") ? join(home(), path.slice(1)) : path;
}

function expandPath(path: string, env: Environment, home: () => string): string {
  const expanded = path.replace(/\$(?:(\w+)|\{(\w+)\})/g, (text, bare, braced) => {
    return env[bare ?? braced] ?? text;
  });
  return expandHome(expanded, home);
}

function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "") {
    return text.replace(/\/+$/, "");
  }
  throw new StartupError("HF_ENDPOINT must be an http or https address without a user name", {
    isUsage: true,
    hint: `unset it, or set it to a hub's address, for example ${defaultEndpoint}`,
  });
}

/** Returns what the file says; undefined where there is none, or no home folder that it lies in. */
async function readTokenFile(pathOf: () => string): Promise<string | undefined> {
  try {
    return await readFile(pathOf(), "utf8");
  } catch {
    return undefined;
  }
}

function cleanToken(token: string | undefined): string | undefined {
  return token?.replace(/[\r\n]/g, "").trim() || undefined;
}
