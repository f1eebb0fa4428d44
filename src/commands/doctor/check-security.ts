import { createPrivateKey, X509Certificate } from "node:crypto";
import type { SecurityConfig } from "../../config/security-config.ts";
import { readApiKeys, readTlsFiles } from "../serve/security-files.ts";
import { type Check, hintOf, messageOf } from "./check.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** Remaining days of a certificate's validity below which the check warns. */
const soonDays = 14;

/** Certificates in a PEM file, which may be a chain. */
const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Checks that the files of TLS can be read, belong together and are valid at `nowMs`. */
export async function checkTls(
  { tls }: Pick<SecurityConfig, "tls">,
  nowMs: number = Date.now(),
): Promise<Check> {
  const name = "TLS";
  if (tls === undefined) return { name, state: "skipped", found: "not used" };
  try {
    const { cert, key, clientCa } = await readTlsFiles(tls);
    const [own, ...others] = certificatesOf(cert);
    if (own === undefined) return fault(name, `${tls.certPath} holds no certificate (PEM)`);
    if (!own.checkPrivateKey(createPrivateKey(key))) {
      return fault(name, "the key does not belong to the certificate: --tls-key, --tls-cert");
    }
    const authorities = clientCa === undefined ? [] : certificatesOf(clientCa);
    if (clientCa !== undefined && authorities.length === 0) {
      return fault(name, `${tls.clientCaPath} holds no certificate (PEM)`);
    }
    return judgeDates(name, [own, ...others, ...authorities], nowMs);
  } catch (error) {
    return fault(name, messageOf(error), hintOf(error));
  }
}

/** Checks that the file of API keys can be read and holds keys. */
export async function checkApiKeys({
  apiKeys,
  apiKeysPath,
}: Pick<SecurityConfig, "apiKeys" | "apiKeysPath">): Promise<Check> {
  const name = "API keys";
  try {
    const ofFile = apiKeysPath === undefined ? [] : await readApiKeys(apiKeysPath);
    const count = apiKeys.length + ofFile.length;
    if (count === 0) return { name, state: "skipped", found: "not used" };
    return { name, state: "ok", found: `${count} in use` };
  } catch (error) {
    return fault(name, messageOf(error), hintOf(error));
  }
}

function judgeDates(name: string, chain: readonly X509Certificate[], nowMs: number): Check {
  for (const { subject, validFrom, validTo } of chain) {
    const who = subject.replaceAll("\n", ", ");
    if (Date.parse(validFrom) > nowMs) {
      return fault(name, `${who} is valid only from ${validFrom}`, "check this machine's clock");
    }
    if (Date.parse(validTo) <= nowMs) {
      return fault(name, `${who} was valid until ${validTo}`, "renew the certificate");
    }
  }
  const ends = chain.map(({ validTo }) => Date.parse(validTo));
  const end = Math.min(...ends);
  const days = Math.floor((end - nowMs) / dayMs);
  const found = `valid until ${new Date(end).toISOString().slice(0, 10)}, ${days} days from now`;
  if (days >= soonDays) return { name, state: "ok", found };
  const advice = "renew the certificate; a server that runs reads the new file by itself";
  return { name, state: "warning", found, advice };
}

function certificatesOf(pem: Buffer): X509Certificate[] {
  return [...pem.toString("latin1").matchAll(pemCertificate)].map(([text]) => {
    return new X509Certificate(text);
  });
}

function fault(name: string, found: string, advice?: string): Check {
  return { name, state: "fault", found, advice };
}
