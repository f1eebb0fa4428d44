/** Whether a JSON text escapes a surrogate at all; most do not. */
const surrogatePattern = /\\u[dD][89a-fA-F]/;

/**
 * Every escape that matters: a backslash, which says nothing of the characters after it; a pair of
 * surrogates; and, as its group, a surrogate alone.
 */
const escapePattern =
  /\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(\\u[dD][89a-fA-F][\da-fA-F]{2})/g;

/**
 * Returns a JSON text in which every lone surrogate, which only an escape can spell, is U+FFFD: what
 * UTF-8 makes of one, so that a request means the same in JSON as in protobuf.
 */
export function replaceLoneSurrogates(json: string): string {
  if (!surrogatePattern.test(json)) return json;
  return json.replace(escapePattern, (found, lone?: string) =>
    lone === undefined ? found : "\\ufffd",
  );
}
