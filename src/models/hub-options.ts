import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { StartupError } from "../errors.ts";

/** Where models come from and where they are kept. */
export interface HubOptions {
  /** The hub's address without a slash at its end. */
  readonly endpoint: string;
  /** The folder with one `models--owner--name` folder for each model, absolute. */
  readonly cacheDirectory: string;
  /** The home folder that `~` stands for. */
  readonly homeDirectory: string;
  /** Whether the network must not be used. */
  readonly offline: boolean;
  /** The access token. Sent to the endpoint only. */
  readonly token?: string;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const defaultEndpoint = "https://huggingface.co";
const trueValues = new Set(["1", "ON", "YES", "TRUE"]);

/**
 * Reads the hub's settings as Python's `huggingface_hub` does: `HF_ENDPOINT`, `HF_HUB_CACHE`,
 * `HF_HOME`, `XDG_CACHE_HOME`, `HF_HUB_OFFLINE`, and the token from `HF_TOKEN` or else from the
 * file that `hf auth login` writes. Throws a StartupError if `HF_ENDPOINT` is no http or https
 * address.
 */
export async function readHubOptions(env: Environment): Promise<HubOptions> {
  const homeDirectory = env.HOME || env.USERPROFILE || homedir();
  const expand = (path: string) => resolve(expandPath(path, env, homeDirectory));
  const home = expand(
    env.HF_HOME || join(env.XDG_CACHE_HOME || join(homeDirectory, ".cache"), "huggingface"),
  );
  const cache = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, "hub");
  const token =
    cleanToken(env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN) ??
    cleanToken(await readTokenFile(expand(env.HF_TOKEN_PATH || join(home, "token"))));
  const offline = env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE || "";
  return {
    endpoint: readEndpoint(env.HF_ENDPOINT || defaultEndpoint),
    cacheDirectory: expand(cache),
    homeDirectory,
    offline: trueValues.has(offline.toUpperCase()),
    ...(token === undefined ? {} : { token }),
  };
}

/** Replaces a `~` at the start of a path by the home folder. */
export function expandHome(path: string, homeDirectory: string): string {
  return path === "~" || path.startsWith("~/") ? join(homeDirectory, path.slice(1)) : path;
}

function expandPath(path: string, env: Environment, homeDirectory: string): string {
  const expanded = path.replace(/\$(?:(\w+)|\{(\w+)\})/g, (text, bare, braced) => {
    return env[bare ?? braced] ?? text;
  });
  return expandHome(expanded, homeDirectory);
}

function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "") {
    return text.replace(/\/+$/, "");
  }
  throw new StartupError("HF_ENDPOINT must be an http or https address without a user name", {
    hint: `unset it, or set it to a hub's address, for example ${defaultEndpoint}`,
  });
}

async function readTokenFile(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

function cleanToken(token: string | undefined): string | undefined {
  return token?.replace(/[\r\n]/g, "").trim() || undefined;
}
