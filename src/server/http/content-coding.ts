/** Content codings of an answer, the one that makes it smallest first. */
const codings = ["br", "gzip", "identity"] as const;

export type ContentCoding = (typeof codings)[number];

/** A text with its compressed forms, made ahead of time. */
export interface PrecompressedText {
  readonly text: string;
  /** The text in UTF-8, compressed by Brotli. */
  readonly br: Uint8Array;
  /** The text in UTF-8, compressed by gzip. */
  readonly gzip: Uint8Array;
}

/** One element of `Accept-Encoding`: a coding or `*`, and its weight (RFC 9110, section 12.5.3). */
const elementPattern =
  /^\s*([\w!#$%&'*+.^`|~-]+)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?$/i;

/**
 * Returns the coding that a client prefers, by its `Accept-Encoding`; of several that it prefers
 * equally, the smallest. Without the header, and where the client takes none of them, that is
 * `identity`. Elements that cannot be read do not count.
 */
export function chooseCoding(header: string | undefined): ContentCoding {
  if (header === undefined) return "identity";
  const weights = new Map<string, number>();
  for (const element of header.split(",")) {
    const [, name, weight = "1"] = elementPattern.exec(element) ?? [];
    if (name !== undefined) weights.set(canonical(name), Number(weight));
  }
  const weightOf = (coding: ContentCoding): number => {
    // Everybody takes `identity`, and who means to prefer it names it.
    return weights.get(coding) ?? (coding === "identity" ? 0 : (weights.get("*") ?? 0));
  };
  const taken = codings.filter((coding) => weightOf(coding) > 0);
  const most = Math.max(...taken.map(weightOf));
  return taken.find((coding) => weightOf(coding) === most) ?? "identity";
}

/** `x-gzip` is gzip's old name. */
function canonical(name: string): string {
  const lower = name.toLowerCase();
  return lower === "x-gzip" ? "gzip" : lower;
}
