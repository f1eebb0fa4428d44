import { count, list, number, object, type Schema, text } from "./schema.ts";

/** The token counts of an answer, in the form of OpenAI-like servers. */
export const usage = object(
  "Usage",
  { prompt_tokens: count(), total_tokens: count() },
  { description: "The tokens that the model read." },
);

/** The part of a document that scored best. */
export const passage = object(
  "Passage",
  {
    start: count("Where it starts, in Unicode code points of the document."),
    end: count("Where it ends; that code point is not part of it."),
    text: text("Its text, where documents are returned."),
  },
  {
    description: "The part of a document that scored best, where `windows` were asked for.",
    optional: ["text"],
  },
);

/** What a result says of a document that was cut. */
export const truncated: Schema = {
  type: "boolean",
  description: "True where the document was cut; else absent.",
};

const message = text("What is wrong, in a sentence that names the field.");
const detail = text("The same as `message`.");

/** What errors look like for most clients. */
export const objectErrorSchema = object(
  "Error",
  {
    error: object("ErrorObject", {
      code: text("One of the server's codes, for example `invalid_argument`."),
      message,
      type: text("What OpenAI's API calls it, for example `invalid_request_error`."),
      param: { type: ["string", "null"], description: "The field at fault." },
    }),
    message,
    detail,
  },
  { description: "An error, in the shape that clients of OpenAI, Cohere and Jina read." },
);

/** What errors look like for clients of text-embeddings-inference. */
export const teiErrorSchema = object(
  "TeiError",
  {
    error: message,
    error_type: text("What text-embeddings-inference calls it, for example `Validation`."),
    message,
    detail,
  },
  { description: "An error, in the shape that clients of text-embeddings-inference read." },
);

/** Where the time of a request went. */
export const timings = object(
  "Timings",
  {
    tokenization_ms: number(),
    queue_ms: number(),
    inference_ms: number(),
    total_ms: number(),
  },
  { description: "Where the time went, in milliseconds; where `return_timings` was set." },
);

/** Sentences about what was cut. */
export const warnings = list(text(), "A sentence for each thing that was cut; else absent.");
