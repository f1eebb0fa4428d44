import { objectError, teiError } from "../error-shapes.ts";
import { deadlineHeader } from "../json-route.ts";
import type { Route } from "../route.ts";
import { objectErrorSchema, teiErrorSchema } from "./answers.ts";
import { type Fault, type FaultName, faults } from "./faults.ts";
import type { AnswerDoc, BodyDoc, ErrorForm, RouteDoc } from "./route-doc.ts";
import { tags } from "./route-doc.ts";
import type { Schema } from "./schema.ts";

/** A part of an OpenAPI document, in the words of its specification. */
type Json = Readonly<Record<string, unknown>>;

/** The parts of a route that its description uses. */
export type DescribedRoute = Pick<Route, "method" | "path" | "access" | "doc">;

const json = "application/json";

/** Where the components of a kind stand. */
const componentRef = (kind: string, name: string): Json => ({
  $ref: `#/components/${kind}/${name}`,
});

/** Headers of every answer to a ranking, in the order in which the server sends them. */
const timingHeaders: Readonly<Record<string, string>> = {
  "x-compute-type": "The device, for example `cpu`.",
  "x-compute-time": "The same as `x-total-time`.",
  "x-compute-characters": "UTF-16 units of all pairs; the query counts once for each document.",
  "x-compute-tokens": "The tokens that the model read.",
  "x-total-time": "How long the request took, in milliseconds.",
  "x-tokenization-time": "Of that, the time to make tokens of the texts.",
  "x-queue-time": "Of that, the time to wait for the model.",
  "x-inference-time": "Of that, the time in the model.",
};

const textHeader = (description: string): Json => ({ description, schema: { type: "string" } });

const headers: Json = {
  "x-request-id": textHeader("The id of the call, as in the log."),
  "retry-after": {
    description: "How many seconds to wait before the next try.",
    schema: { type: "integer", minimum: 1 },
  },
  "www-authenticate": textHeader("`Bearer`."),
  "accept-post": textHeader("`application/json`, where the content type was another."),
  etag: textHeader("Names these bytes, for `If-None-Match`."),
  ...Object.fromEntries(
    Object.entries(timingHeaders).map(([name, description]) => [name, textHeader(description)]),
  ),
};

const parameters: Json = {
  deadline: {
    name: deadlineHeader,
    in: "header",
    description: `How long the request may take, in milliseconds. Default: as long as the server allows.`,
    schema: { type: "integer", minimum: 1 },
  },
  requestId: {
    name: "x-request-id",
    in: "header",
    description:
      "Names the call in the log and in the answer: at most 128 letters, digits and `._:/+=@-`. Default: the server makes one up.",
    schema: { type: "string", maxLength: 128 },
  },
};

const about = `Plain JSON routes of rerankd, a rerank server: the APIs of Jina, Cohere, vLLM, Infinity, llama.cpp, Xinference, text-embeddings-inference and NVIDIA NIM, on one port beside gRPC.

Bodies are JSON in UTF-8, plain or in gzip, deflate or br. Null is the same as absent, and unknown fields are ignored. Booleans may also be the words and numbers that Pydantic takes for them (\`"true"\`, \`"no"\`, \`1\`), whole numbers may be in quotes, and words may have any case.

GET routes answer HEAD as well. Any other method is 405 with \`Allow\`, any other path 404. Keys are needed only where the server has them.`;

/**
 * Returns the OpenAPI 3.1 document of some routes. `version` is that of the server. It says nothing
 * of the model, the limits or the names of one server, so that it is the same for all of a version
 * that have the same routes.
 */
export function createOpenApiDocument(routes: readonly DescribedRoute[], version: string): Json {
  const schemas = new Map<string, Schema>();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(route, schemas),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "rerankd",
      version,
      description: about,
      license: { name: "Apache 2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "The server that this description came from." }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
      headers,
      parameters,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "`Authorization: Bearer KEY`." },
        header: { type: "apiKey", in: "header", name: "X-Api-Key" },
      },
    },
  };
}

function operationOf({ path, access = "key", doc }: DescribedRoute, schemas: Schemas): Json {
  const names = faultsOf(doc, access);
  const pathId = doc.pathId && {
    name: "id",
    in: "path",
    required: true,
    description: doc.pathId,
    schema: { type: "string" },
    example: "rerankd-multilingual-v1",
  };
  return {
    operationId: doc.id,
    tags: [doc.tag],
    summary: doc.summary,
    description: doc.description,
    // An empty requirement: keys are needed only where the server has them.
    security: access === "open" ? [] : [{}, { bearer: [] }, { header: [] }],
    parameters: [
      ...(path.endsWith("{id}") && pathId ? [pathId] : []),
      ...(doc.body ? [componentRef("parameters", "deadline")] : []),
      componentRef("parameters", "requestId"),
    ],
    ...(doc.body && { requestBody: requestBodyOf(doc.body, schemas) }),
    responses: {
      ...Object.fromEntries(doc.answers.map((a) => [a.status, answerOf(a, doc, schemas)])),
      ...errorsOf(names, doc, schemas),
    },
  };
}

/** The schemas that were given a name so far. */
type Schemas = Map<string, Schema>;

/** Puts every schema that has a title under that name, and refers to it. */
function named(schema: Schema, schemas: Schemas): Schema {
  const { title, ...rest } = schema;
  const inner = innerOf(rest, schemas);
  if (title === undefined) return inner;
  const known = schemas.get(title);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify({ title, ...inner })) {
    throw new Error(`two schemas are called ${title}`);
  }
  schemas.set(title, { title, ...inner });
  return componentRef("schemas", title) as Schema;
}

function innerOf(schema: Schema, schemas: Schemas): Schema {
  const { properties, items, anyOf } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, named(property, schemas)]),
      ),
    }),
    ...(items && { items: named(items, schemas) }),
    ...(anyOf && { anyOf: anyOf.map((choice) => named(choice, schemas)) }),
  };
}

function requestBodyOf({ schema, examples }: BodyDoc, schemas: Schemas): Json {
  return {
    required: true,
    content: {
      [json]: {
        schema: named(schema, schemas),
        examples: Object.fromEntries(
          examples.map(({ name, summary, body }) => [name, { summary, value: body }]),
        ),
      },
    },
  };
}

function answerOf(answer: AnswerDoc, { body }: RouteDoc, schemas: Schemas): Json {
  const { status, description, schema, contentType = json, hasTimings = false } = answer;
  const shown =
    body === undefined
      ? answer.example !== undefined && { example: answer.example }
      : {
          examples: Object.fromEntries(
            body.examples.map(({ name, summary, answer: value }) => [name, { summary, value }]),
          ),
        };
  const hasTag = contentType === "text/html" || status === 304;
  return {
    description,
    headers: headersOf([
      "x-request-id",
      ...(hasTimings ? Object.keys(timingHeaders) : []),
      ...(hasTag ? ["etag"] : []),
    ]),
    ...(schema && { content: { [contentType]: { schema: named(schema, schemas), ...shown } } }),
  };
}

function headersOf(names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, componentRef("headers", name)]));
}

/** Returns the names of every error of a route, those that any route may answer included. */
export function faultsOf(doc: RouteDoc, access: "open" | "key"): readonly FaultName[] {
  return ["badHost", ...(access === "key" ? (["noKey"] as const) : []), ...doc.faults];
}

/** How an error may look, and what its body must be. */
const shapes = {
  object: [{ shape: objectError, schema: objectErrorSchema, suffix: "" }],
  tei: [{ shape: teiError, schema: teiErrorSchema, suffix: "" }],
  either: [
    { shape: objectError, schema: objectErrorSchema, suffix: "" },
    { shape: teiError, schema: teiErrorSchema, suffix: "Tei" },
  ],
} as const;

/** Returns the form of an error on a route whose errors have another or the same. */
function formOf({ form, isAfterBody = false }: Fault, ofRoute: ErrorForm): ErrorForm {
  if (form !== undefined) return form;
  return ofRoute === "either" && !isAfterBody ? "object" : ofRoute;
}

/** The answer of one status: when it comes, and how it may look. */
interface ErrorAnswers {
  readonly when: string[];
  readonly schemas: Set<Schema>;
  readonly headers: Set<string>;
  readonly examples: Record<string, Json>;
}

function errorsOf(names: readonly FaultName[], doc: RouteDoc, schemas: Schemas): Json {
  const byStatus = new Map<number, ErrorAnswers>();
  const add = (name: string, fault: Fault): void => {
    for (const { shape, schema, suffix } of shapes[formOf(fault, doc.errors)]) {
      const { status, body } = shape(fault.example);
      const seen = byStatus.get(status) ?? emptyAnswers();
      if (!seen.when.includes(fault.when)) seen.when.push(fault.when);
      seen.schemas.add(schema);
      if (fault.header) seen.headers.add(fault.header);
      seen.examples[`${name}${suffix}`] = { summary: fault.when, value: body };
      byStatus.set(status, seen);
    }
  };
  for (const name of names) add(name, faults[name]);
  for (const { message, field } of doc.body?.refused ?? []) {
    const { when } = faults.badDeadline;
    const example = { status: 422, code: "invalid_argument", message, field } as const;
    add("badField", { when, example, isAfterBody: true });
  }
  return Object.fromEntries(
    [...byStatus].map(([status, seen]) => [status, errorOf(seen, schemas)]),
  );
}

function emptyAnswers(): ErrorAnswers {
  return { when: [], schemas: new Set(), headers: new Set(["x-request-id"]), examples: {} };
}

function errorOf({ when, schemas: shapes, headers: names, examples }: ErrorAnswers, all: Schemas) {
  const [first, ...others] = [...shapes].map((schema) => named(schema, all));
  const schema = others.length === 0 ? first : { anyOf: [first, ...others] };
  return {
    description: when.join(" "),
    headers: headersOf([...names]),
    content: { [json]: { schema, examples } },
  };
}
