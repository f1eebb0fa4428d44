import { shorten } from "../../characters.ts";
import { parseMediaType } from "../call/media-type.ts";
import { HttpError } from "./http-error.ts";

/** `application/json` and every type that says it is JSON. */
const jsonType = /^application\/(?:json|[\w.+-]+\+json)$/;

/** Longest part of a header that an error message repeats. */
const maxEchoChars = 100;

/**
 * Throws an HttpError with status 415 unless the content type is JSON in UTF-8. None at all passes:
 * many small clients send none.
 */
export function checkJsonContentType(header: string | undefined): void {
  if (header === undefined || header === "") return;
  const { type, isUtf8 } = parseMediaType(header);
  if (jsonType.test(type) && isUtf8) return;
  const got = shorten(header, maxEchoChars);
  throw new HttpError(
    415,
    "invalid_argument",
    `\`content-type\` must be \`application/json\` in UTF-8, got: \`${got}\``,
    { headers: { "accept-post": "application/json" } },
  );
}
