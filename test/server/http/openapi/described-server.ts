import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { type HttpAnswer, sendHttp1 } from "../../http-client.ts";
import { type RunningServer, type StartOptions, startServer } from "../../start-server.ts";

/** The parts of the document that the tests look at. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** One described route. */
export interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, DescribedAnswer>>;
}

/** One described answer. */
export interface DescribedAnswer {
  readonly headers: Readonly<Record<string, object>>;
  readonly content?: Content;
}

type Content = Readonly<
  Record<
    string,
    { schema: object; example?: unknown; examples?: Record<string, { value: unknown }> }
  >
>;

/** A route, by its path and method. */
export interface DescribedRoute {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** What every server of these tests offers, so that every route is there. */
export const everything: StartOptions = {
  page: "<p>a page</p>",
  telemetry: { metrics: async () => ({ text: "a 1\n", contentType: "text/plain" }) },
};

/** Starts a server with every route, and returns what it says of them. */
export async function startDescribed(
  context: TestContext,
  options: StartOptions = {},
): Promise<RunningServer & { readonly openApi: OpenApi }> {
  const server = await startServer(context, { ...everything, ...options });
  const { status, text } = await sendHttp1(`${server.url}/openapi.json`);
  assert.equal(status, 200);
  return { ...server, openApi: JSON.parse(text) };
}

/** Returns every route of a document. */
export function routesOf({ paths }: OpenApi): DescribedRoute[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  );
}

/**
 * Returns a check of answers against the document: status, headers, content type and body. Objects
 * may have no field that is not described.
 */
export function createAnswerCheck(
  openApi: OpenApi,
): ({ operation, path }: DescribedRoute, answer: HttpAnswer) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ $id: "api", components: closed(openApi.components) });
  const validators = new Map<object, ValidateFunction>();
  return ({ operation, path }, answer) => {
    const where = `${path} ${answer.status}`;
    const described = operation.responses[answer.status];
    assert(described, `${where} is not described: ${answer.text}`);
    for (const name of Object.keys(described.headers)) {
      // Where the content coding is wrong, and not the type, there is none of it.
      if (name === "accept-post") continue;
      assert(answer.headers[name] !== undefined, `${where} has no ${name}`);
    }
    if (described.content === undefined) {
      assert.equal(answer.text, "");
      return;
    }
    const [[type, { schema }] = ["", { schema: {} }]] = Object.entries(described.content);
    assert.equal(String(answer.headers["content-type"]).split(";")[0], type, where);
    const validate = validators.get(schema) ?? ajv.compile(closed(absolute(schema)));
    validators.set(schema, validate);
    const body = type === "application/json" ? JSON.parse(answer.text) : answer.text;
    assert(validate(body), `${where}: ${ajv.errorsText(validate.errors)}: ${answer.text}`);
  };
}

/** Returns a schema whose references lead to the document's components. */
function absolute<Value>(schema: Value): Value {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/'));
}

/** Returns a schema in which no object takes a field that it does not name. */
function closed<Value>(schema: Value): Value {
  return JSON.parse(JSON.stringify(schema), (_key, value) =>
    value?.type === "object" && value.properties && value.additionalProperties === undefined
      ? { ...value, additionalProperties: false }
      : value,
  );
}
