import type { ParsedOptions } from "./parse-options.ts";

/** Paths of PEM files. */
export interface TlsPaths {
  readonly certPath: string;
  readonly keyPath: string;
  /** undefined: clients need no certificate. */
  readonly clientCaPath: string | undefined;
}

/** Who may connect and call. */
export interface SecurityConfig {
  /** Keys of flags or the environment. */
  readonly apiKeys: readonly string[];
  readonly apiKeysPath: string | undefined;
  /** undefined: cleartext. */
  readonly tls: TlsPaths | undefined;
  readonly corsOrigins: readonly string[];
  /** Who may ask for the descriptions of the services. */
  readonly reflectionAccess: "open" | "key" | "off";
}

/** The security options, and what is wrong with them. */
export interface ParsedSecurity {
  readonly security: SecurityConfig;
  readonly problems: readonly string[];
}

/** What a header can carry: visible ASCII. */
const apiKeyPattern = /^[\x21-\x7e]+$/;

/** Whether a text can be an API key. */
export function isApiKey(text: string): boolean {
  return apiKeyPattern.test(text);
}

/** Reads the options of `securityOptions`. A problem never repeats a key. */
export function readSecurityConfig(parsed: ParsedOptions): ParsedSecurity {
  const { names, optionalText, isSet } = parsed;
  const apiKeys = names("api-key");
  const corsOrigins = names("cors-origin");
  const certPath = optionalText("tls-cert");
  const keyPath = optionalText("tls-key");
  const clientCaPath = optionalText("tls-client-ca");
  const problems: string[] = [];
  // Else a list that holds nothing would open the server to everybody.
  if (isSet("api-key") && apiKeys.length === 0) problems.push("--api-key must hold a key");
  if (!apiKeys.every(isApiKey)) problems.push("--api-key must be visible ASCII characters");
  if (Boolean(certPath) !== Boolean(keyPath)) problems.push("--tls-cert and --tls-key go together");
  if (clientCaPath && !certPath) problems.push("--tls-client-ca needs --tls-cert and --tls-key");
  if (certPath && optionalText("unix-socket")) {
    problems.push("--unix-socket and --tls-cert exclude each other");
  }
  for (const origin of corsOrigins) {
    if (isOrigin(origin)) continue;
    problems.push(`--cors-origin must be \`*\` or \`https://host\`, got: \`${origin}\``);
  }
  const tls = certPath && keyPath ? { certPath, keyPath, clientCaPath } : undefined;
  const apiKeysPath = optionalText("api-keys-file");
  const reflectionAccess = readReflection(parsed.text("reflection"));
  return { security: { apiKeys, apiKeysPath, tls, corsOrigins, reflectionAccess }, problems };
}

function readReflection(word: string): SecurityConfig["reflectionAccess"] {
  return word === "key" || word === "off" ? word : "open";
}

/** Whether a browser can send this as its origin, or it stands for all of them. */
function isOrigin(text: string): boolean {
  if (text === "*") return true;
  return !text.includes("*") && URL.canParse(text) && new URL(text).origin === text;
}
