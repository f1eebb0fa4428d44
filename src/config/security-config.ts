import type { ParsedOptions } from "./options/parse-options.ts";

/** Paths of PEM files. */
export interface TlsPaths {
  readonly certPath: string;
  readonly keyPath: string;
  /** undefined: clients need no certificate. */
  readonly clientCaPath: string | undefined;
}

/** The configuration of TLS, API keys, CORS and reflection. */
export interface SecurityConfig {
  /** Keys of flags or the environment. */
  readonly apiKeys: readonly string[];
  readonly apiKeysPath: string | undefined;
  /** undefined: cleartext. */
  readonly tls: TlsPaths | undefined;
  readonly corsOrigins: readonly string[];
  /** Whether callers with a key may change the models. */
  readonly admin: boolean;
  /** Who may ask for the descriptions of the services. */
  readonly reflectionAccess: "open" | "key" | "off";
}

/** The security options, and what is wrong with them. */
export interface ParsedSecurity {
  readonly security: SecurityConfig;
  readonly problems: readonly string[];
}

/** Matches an API key that a header can carry: visible ASCII. */
const apiKeyPattern = /^[\x21-\x7e]+$/;

/** Shortest API key that a server takes: shorter ones are guessed, or are no keys at all. */
const minKeyChars = 8;

/** Characters of an API key from which on it is not warned of as weak. */
export const soundKeyChars = 16;

/** Returns what is wrong with an API key, without repeating it; undefined if it is one. */
export function problemOfApiKey(text: string): string | undefined {
  if (!apiKeyPattern.test(text)) return "must be visible ASCII characters";
  if (text.length < minKeyChars) return `must have at least ${minKeyChars} characters`;
  return undefined;
}

/** Whether an API key is so short that it may be guessed. */
export function isWeakApiKey(key: string): boolean {
  return key.length < soundKeyChars;
}

/** Reads the options of `securityOptions`. A problem never repeats a key. */
export function readSecurityConfig(parsed: ParsedOptions): ParsedSecurity {
  const { list, optionalText, isSet, nameOf } = parsed;
  const apiKeys = list("api-key");
  const corsOrigins = list("cors-origin");
  const certPath = optionalText("tls-cert");
  const keyPath = optionalText("tls-key");
  const clientCaPath = optionalText("tls-client-ca");
  const problems: string[] = [];
  // Else a list that holds nothing would open the server to everybody.
  if (isSet("api-key") && apiKeys.length === 0 && !parsed.isWrong("api-key")) {
    problems.push(`${nameOf("api-key")} must hold a key`);
  }
  for (const problem of new Set(apiKeys.map(problemOfApiKey))) {
    if (problem !== undefined) problems.push(`${nameOf("api-key")} ${problem}`);
  }
  if (Boolean(certPath) !== Boolean(keyPath)) problems.push("--tls-cert and --tls-key go together");
  if (clientCaPath && !certPath) problems.push("--tls-client-ca needs --tls-cert and --tls-key");
  if (certPath && optionalText("unix-socket")) {
    problems.push("--unix-socket and --tls-cert exclude each other");
  }
  for (const origin of corsOrigins) {
    if (isOrigin(origin)) continue;
    problems.push(`${nameOf("cors-origin")} must be \`*\` or \`https://host\`, got: \`${origin}\``);
  }
  const apiKeysPath = optionalText("api-keys-file");
  const reflectionAccess = readReflection(parsed.text("reflection"));
  const admin = parsed.text("admin") === "on";
  if (admin && apiKeys.length === 0 && apiKeysPath === undefined) {
    problems.push(`${nameOf("admin")} needs API keys: --api-keys-file, or RERANKER_API_KEYS`);
  }
  const tls = readTlsPaths(parsed);
  return {
    security: { apiKeys, apiKeysPath, admin, tls, corsOrigins, reflectionAccess },
    problems,
  };
}

/** Returns the files of a server's TLS; undefined where it speaks cleartext. */
export function readTlsPaths({ optionalText }: ParsedOptions): TlsPaths | undefined {
  const certPath = optionalText("tls-cert");
  const keyPath = optionalText("tls-key");
  if (!certPath || !keyPath) return undefined;
  return { certPath, keyPath, clientCaPath: optionalText("tls-client-ca") };
}

function readReflection(word: string): SecurityConfig["reflectionAccess"] {
  return word === "key" || word === "off" ? word : "open";
}

/** Returns whether a browser can send this as its origin, or it is `*` for all origins. */
function isOrigin(text: string): boolean {
  if (text === "*") return true;
  return !text.includes("*") && URL.canParse(text) && new URL(text).origin === text;
}
