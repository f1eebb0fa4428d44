/** A parsed `content-type`. */
export interface MediaType {
  /** In lower case, without parameters: `application/json`. */
  readonly type: string;
  /** Whether its text is UTF-8; true where it names no charset. */
  readonly isUtf8: boolean;
}

/** Returns the parts of a `content-type`; all parameters but `charset` are ignored. */
export function parseMediaType(header: string): MediaType {
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  return { type, isUtf8 };
}
