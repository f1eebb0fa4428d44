import { StartupError } from "../../errors.ts";
import { HubStatusError } from "./hub-fetch.ts";
import { InterruptedError, isNetworkError } from "./retry.ts";

/** The model, hub and cache of a download, for its error messages. */
export interface DownloadContext {
  readonly id: string;
  readonly revision: string;
  readonly endpoint: string;
  readonly cacheDirectory: string;
  readonly hasToken: boolean;
}

/** OpenSSL's words for a chain of certificates that ends in an unknown authority. */
const certificateCodes = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const diskFullCodes = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/**
 * Returns the StartupError for a failed download: what happened to which model, and what to do. An
 * error that is none of the known ones is a bug and is returned as it is.
 */
export function explainDownloadError(error: unknown, context: DownloadContext): unknown {
  if (error instanceof StartupError) return error;
  if (error instanceof HubStatusError) return explainStatus(error, context);
  const { id, endpoint, cacheDirectory } = context;
  const code = codeOf(error);
  if (diskFullCodes.has(code)) return diskFullError(cacheDirectory, error);
  // Errors of the file system name the call that failed; those of the network are TypeErrors of
  // `fetch`.
  if (error instanceof Error && "syscall" in error) {
    return new StartupError(`cannot write to the model cache ${cacheDirectory} (${code})`, {
      hint: "set HF_HOME or HF_HUB_CACHE to a folder that may be written to",
      cause: error,
    });
  }
  if (error instanceof InterruptedError) {
    return new StartupError(`the download of \`${id}\` broke off again and again`, {
      hint: "run the same command again: it goes on where this one stopped",
      cause: error,
    });
  }
  if (certificateCodes.has(causeCodeOf(error))) {
    return new StartupError(`${endpoint} has a certificate that this machine does not trust`, {
      hint: "set NODE_EXTRA_CA_CERTS or REQUESTS_CA_BUNDLE to a PEM file with the authority that signed it, for example that of a proxy",
      cause: error,
    });
  }
  if (isNetworkError(error)) {
    return new StartupError(`cannot reach ${endpoint} to fetch \`${id}\``, {
      hint: "check the network and HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or set HF_ENDPOINT to a mirror; without a network, start with `--model-id bundled` or a folder",
      cause: error,
    });
  }
  return error;
}

/**
 * Returns the error for a full disk. `missingBytes` is how much is still to come, if known.
 */
export function diskFullError(
  cacheDirectory: string,
  cause?: unknown,
  missingBytes?: number,
): StartupError {
  const need = missingBytes === undefined ? "" : `: ${missingBytes} more bytes are needed`;
  return new StartupError(`the disk of the model cache ${cacheDirectory} is full${need}`, {
    hint: "free some space, or set HF_HOME to a folder on a larger disk; the download then goes on where it stopped",
    cause,
  });
}

function explainStatus(error: HubStatusError, context: DownloadContext): StartupError {
  const { id, revision, endpoint, hasToken } = context;
  const { status, hubCode } = error;
  const fail = (message: string, hint: string) =>
    new StartupError(`${message} (HTTP ${status})`, { hint, cause: error });

  if (hubCode === "GatedRepo" || status === 403) {
    return fail(
      `\`${id}\` is gated, and access was not granted`,
      `accept its terms at ${endpoint}/${id}, then set HF_TOKEN to a token of that account that may read it`,
    );
  }
  if (status === 401) {
    return hasToken
      ? fail(
          `the hub refused the token for \`${id}\``,
          "set HF_TOKEN to a valid token of an account that may read this model, and check the model's name",
        )
      : fail(
          `\`${id}\` does not exist, is private or is gated`,
          `check the name; for a private or gated model accept its terms at ${endpoint}/${id} and set HF_TOKEN`,
        );
  }
  if (hubCode === "RevisionNotFound") {
    return fail(
      `\`${id}\` has no revision \`${revision}\``,
      "set --revision to a branch, a tag or a full commit hash",
    );
  }
  if (hubCode === "EntryNotFound") {
    return fail(`the hub lists a file of \`${id}\` that it does not have`, "try again later");
  }
  if (status === 404) {
    return fail(
      `there is no model \`${id}\` at ${endpoint}`,
      "check the name: it is written owner/name, as on the model's page",
    );
  }
  if (status === 429) {
    const seconds = Math.ceil((error.retryAfterMs ?? 0) / 1000);
    const wait = seconds > 0 ? `wait ${seconds} s` : "wait some minutes";
    return fail(
      `the hub at ${endpoint} answers no more requests of this address for now`,
      `${wait} and run the same command again; with HF_TOKEN set the limits are wider`,
    );
  }
  return fail(
    `the hub at ${endpoint} could not serve \`${id}\``,
    "try again later, or set HF_ENDPOINT to a mirror; what was fetched is kept",
  );
}

function causeCodeOf(error: unknown): string {
  return error instanceof Error ? codeOf(error.cause) : "";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
