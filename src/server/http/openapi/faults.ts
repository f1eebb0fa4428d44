import type { ErrorFacts } from "../error-shapes.ts";

/** An error that routes may answer. */
export interface Fault {
  /** When a caller sees it. */
  readonly when: string;
  /** One such error, before it has the shape of its route. */
  readonly example: ErrorFacts;
  /** The form that it has on every route. Default: the route's. */
  readonly form?: "object" | "tei";
  /**
   * Whether the body was read before, so that it has chosen between two forms. Default: false, and
   * where a route has two it is `object`.
   */
  readonly isAfterBody?: boolean;
  /** A header of the answer that a client can act on. */
  readonly header?: "retry-after" | "www-authenticate" | "accept-post";
}

/** Every error that a caller can meet on some route, by a name of its own. */
export const faults = {
  badHost: {
    when: "The header `host` is missing its name, or was sent twice.",
    example: {
      status: 400,
      code: "invalid_argument",
      message: "`host` must name a host",
      field: "host",
    },
  },
  notJson: {
    when: "The body is not JSON in UTF-8, or does not match its `content-encoding`.",
    example: {
      status: 400,
      code: "invalid_argument",
      message: "the body must be JSON; it breaks at character 1",
    },
  },
  noTexts: {
    when: "`texts` is an empty list.",
    example: {
      status: 400,
      code: "invalid_argument",
      message: "`texts` must not be empty",
      field: "texts",
    },
    form: "tei",
  },
  badPath: {
    when: "The id in the path is not percent-encoded UTF-8.",
    example: {
      status: 400,
      code: "invalid_argument",
      message: "the path must be percent-encoded UTF-8",
    },
  },
  noKey: {
    when: "The server has API keys, and none of them was sent.",
    example: {
      status: 401,
      code: "unauthenticated",
      message:
        "an API key is needed: send `authorization: Bearer KEY` or `x-api-key: KEY`, got: none",
    },
    header: "www-authenticate",
  },
  unknownModel: {
    when: "The model is not one that is served; the message names those that are.",
    example: {
      status: 404,
      code: "not_found",
      message:
        "`model` must be one that is served (`rerankd-multilingual-v1`), got: `other`; the server's `--served-model-name` allows further names",
      field: "model",
    },
  },
  tooLarge: {
    when: "The body is larger than the server takes, before or after decompression.",
    example: {
      status: 413,
      code: "resource_exhausted",
      message: "the body must be at most 33554432 bytes",
    },
  },
  notJsonType: {
    when: "The content type is not JSON, or the content encoding is unknown.",
    example: {
      status: 415,
      code: "invalid_argument",
      message: "`content-type` must be `application/json` in UTF-8, got: `text/plain`",
    },
    header: "accept-post",
  },
  badDeadline: {
    when: "A field or header is missing, malformed or over its limit; the message names it.",
    example: {
      status: 422,
      code: "invalid_argument",
      message: "`x-request-timeout-ms` must be a whole number of milliseconds, 1 or more",
      field: "x-request-timeout-ms",
    },
  },
  neverFits: {
    when: "The request can never be done: send less, or allow more time.",
    example: {
      status: 422,
      code: "resource_exhausted",
      message: "the request can never fit",
    },
    isAfterBody: true,
  },
  busy: {
    when: "The queue is full, or the deadline cannot be met now; wait as `retry-after` says.",
    example: { status: 429, code: "resource_exhausted", message: "the queue is full" },
    header: "retry-after",
    isAfterBody: true,
  },
  internal: {
    when: "A fault of the server. TEI's clients know it as 424.",
    example: { status: 500, code: "internal", message: "internal error" },
    isAfterBody: true,
  },
  loading: {
    when: "The model is loading or restarting, or the server is draining; retry with back-off.",
    example: { status: 503, code: "unavailable", message: "the model is loading, try again" },
    header: "retry-after",
    isAfterBody: true,
  },
  late: {
    when: "The deadline passed before the request was done.",
    example: {
      status: 504,
      code: "deadline_exceeded",
      message: "the deadline passed before the request was done",
      field: "x-request-timeout-ms",
    },
    isAfterBody: true,
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;

/** What every ranking may be refused with. */
export const rankingFaults = [
  "notJson",
  "unknownModel",
  "tooLarge",
  "notJsonType",
  "badDeadline",
  "neverFits",
  "busy",
  "internal",
  "loading",
  "late",
] as const satisfies readonly FaultName[];
