import type { FaultName } from "./faults.ts";
import type { Schema } from "./schema.ts";

/** One request that is known to work, with its answer. */
export interface RouteExample {
  readonly name: string;
  readonly summary: string;
  /** The body to send. */
  readonly body: object;
  /** The body of the answer by the bundled model. */
  readonly answer: object;
}

/** One request that is refused because of its body. */
export interface RefusedExample {
  readonly body: object;
  /** What the answer says of it. */
  readonly message: string;
  /** The field at fault, as the answer names it. */
  readonly field: string;
}

/** The body that a route takes. */
export interface BodyDoc {
  readonly schema: Schema;
  readonly examples: readonly [RouteExample, ...RouteExample[]];
  readonly refused: readonly RefusedExample[];
}

/** An answer that is no error. */
export interface AnswerDoc {
  readonly status: number;
  readonly description: string;
  /** What its body must be; of a text that is no JSON, `{ type: "string" }`. */
  readonly schema?: Schema;
  /** Default: `application/json`. */
  readonly contentType?: string;
  /** Whether it has the headers with a ranking's times. Default: false. */
  readonly hasTimings?: boolean;
  /** An example of the body, where those of the requests do not show it. */
  readonly example?: unknown;
}

/** How the errors of a route look: as OpenAI's, as TEI's, or as the body chose. */
export type ErrorForm = "object" | "tei" | "either";

/** What the API's description says of a route. */
export interface RouteDoc {
  /** Its name in generated clients, different for each route. */
  readonly id: string;
  readonly tag: TagName;
  readonly summary: string;
  readonly description: string;
  /** The value of `{id}` in its path. */
  readonly pathId?: string;
  /** What it takes; undefined: nothing. */
  readonly body?: BodyDoc;
  readonly answers: readonly [AnswerDoc, ...AnswerDoc[]];
  readonly errors: ErrorForm;
  /** The errors that it may answer, beside those of every route. */
  readonly faults: readonly FaultName[];
}

/** The groups of routes, in the order of a reader. */
export const tags = {
  Ranking:
    "Order documents by how relevant each is to a query. Every route takes the bodies of its dialect, and all share the models.",
  Scoring: "Score pairs of texts, which keep their order.",
  "What is served":
    "The served names, the model and the limits, as clients of other servers look for them.",
  Operation: "For probes, monitoring, and people.",
} as const;

export type TagName = keyof typeof tags;
