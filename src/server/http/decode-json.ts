import { replaceLoneSurrogates } from "../call/json-text.ts";
import { HttpError } from "./http-error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Where V8's message tells the place of the fault. The rest of the message repeats the text, so it
 * is not used.
 */
const positionPattern = /at position (\d+)/;

/**
 * Decodes JSON in UTF-8; a lone surrogate that it escapes becomes U+FFFD. Throws an HttpError with status 400 that tells where the text is broken,
 * but none of it.
 */
export function decodeJson(bytes: Uint8Array): unknown {
  return parseJson(decodeUtf8(bytes));
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new HttpError(400, "invalid_argument", "the body must be UTF-8");
  }
}

function parseJson(text: string): unknown {
  if (text.length === 0) {
    throw new HttpError(400, "invalid_argument", "the body must be JSON, got: nothing");
  }
  try {
    return JSON.parse(replaceLoneSurrogates(text));
  } catch (error) {
    const position = error instanceof Error ? positionPattern.exec(error.message)?.[1] : undefined;
    const place = position === undefined ? "" : `; it breaks at character ${position}`;
    throw new HttpError(400, "invalid_argument", `the body must be JSON${place}`);
  }
}
