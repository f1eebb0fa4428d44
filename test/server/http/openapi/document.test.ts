import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { faultsOf } from "../../../../src/server/http/openapi/document.ts";
import type { FaultName } from "../../../../src/server/http/openapi/faults.ts";
import type { Route } from "../../../../src/server/http/route.ts";
import { examplePath, routes } from "../../access/every-path.ts";
import { type HttpAnswer, postJson, sendHttp1 } from "../../http-client.ts";
import { startServer } from "../../start-server.ts";
import {
  createAnswerCheck,
  type DescribedRoute,
  everything,
  routesOf,
  startDescribed,
} from "./described-server.ts";

const key = "correct-horse-battery";
const maxBodyBytes = 5_000;

/** A request that is good but for one thing. */
interface Sent {
  readonly url: string;
  /** The same server where it has API keys. */
  readonly keyedUrl: string;
  readonly path: string;
  readonly method: string;
  /** A good body; undefined for GET. */
  readonly body: Fields | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** Sends what leads to each error that the API describes. */
const provoke: Readonly<Record<FaultName, (sent: Sent) => Promise<HttpAnswer>>> = {
  badHost: (sent) => send(sent, { host: "no host" }),
  noKey: ({ keyedUrl, ...sent }) => send({ ...sent, keyedUrl, url: keyedUrl }),
  badPath: ({ url, path }) => sendHttp1(`${url}${path.replace("fake-model", "%ff")}`),
  unknownModel: ({ url, path, body }) =>
    body === undefined
      ? sendHttp1(`${url}${path.replace("fake-model", "other")}`)
      : postJson(`${url}${path}`, { ...body, model: "other" }),
  notJson: ({ url, path }) => sendHttp1(`${url}${path}`, { body: "{" }),
  tooLarge: ({ url, path }) => sendHttp1(`${url}${path}`, { body: " ".repeat(maxBodyBytes + 1) }),
  notJsonType: (sent) => send(sent, { "content-type": "text/plain" }),
  badDeadline: (sent) => send(sent, { "x-request-timeout-ms": "0" }),
  noTexts: ({ url, path }) => postJson(`${url}${path}`, { query: "q", texts: [] }),
  neverFits: (sent) => send(asking(sent, "vast")),
  busy: (sent) => send(asking(sent, "busy")),
  internal: (sent) => send(asking(sent, "bug")),
  loading: (sent) => send(asking(sent, "loading")),
  late: (sent) => send(asking(sent, "hold"), { "x-request-timeout-ms": "20" }),
};

function send({ url, path, method, body }: Sent, headers = {}): Promise<HttpAnswer> {
  if (body === undefined) return sendHttp1(`${url}${path}`, { method, headers });
  return postJson(`${url}${path}`, body, headers);
}

/** The same request with another query, by which the fake reranker is told what to do. */
function asking(sent: Sent, query: string): Sent {
  const { text_1, ...body } = sent.body ?? {};
  if (text_1 !== undefined) return { ...sent, body: { ...body, text_1: query } };
  const isNim = "passages" in body;
  return { ...sent, body: { ...body, query: isNim ? { text: query } : query } };
}

/** Good bodies for a route, one of each form that its errors may have. */
function bodiesOf({ doc }: Route): readonly (Fields | undefined)[] {
  const [first] = doc.body?.examples ?? [];
  if (first === undefined) return [undefined];
  const tei = doc.body?.examples.find(({ body }) => "texts" in body);
  return [first.body as Fields, ...(tei ? [tei.body as Fields] : [])];
}

function describedAs(route: Route, described: readonly DescribedRoute[]): DescribedRoute {
  const found = described.find(
    ({ path, method }) => path === route.path && method === route.method,
  );
  assert(found, `${route.method} ${route.path} is not described`);
  return found;
}

suite("the document at /openapi.json", () => {
  test("describes the routes that there are, and no other", async (context) => {
    const { openApi } = await startDescribed(context);

    const described = routesOf(openApi);
    const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
    assert.deepEqual(described.map(nameOf), routes.map(nameOf));
    const ids = described.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
  });

  test("leaves out the routes that a server does not have", async (context) => {
    const { url } = await startServer(context);
    const { paths } = JSON.parse((await sendHttp1(`${url}/openapi.json`)).text);

    for (const path of ["/", "/docs", "/docs/grpc", "/metrics"]) assert(!(path in paths));
    assert("/rerank" in paths);
  });

  test("names an API key where one is needed, and nowhere else", async (context) => {
    const { openApi, url } = await startDescribed(context);
    const keyed = await startDescribed(context, { apiKeys: [key] });

    for (const { path, method, operation } of routesOf(openApi)) {
      if (method !== "GET") continue;
      const { status } = await sendHttp1(`${keyed.url}${examplePath(path)}`);
      const isOpen = operation.security.length === 0;
      assert.equal(status === 401, !isOpen, path);
      assert.equal((await sendHttp1(`${url}${examplePath(path)}`)).status, 200);
    }
  });

  for (const access of ["key", "off"] as const) {
    test(`is kept from callers without a key by --reflection ${access}`, async (context) => {
      const server = await startDescribed(context);
      const closed = { ...everything, reflectionAccess: access, apiKeys: [key] };
      const { url } = await startServer(context, closed);

      assert.equal((await sendHttp1(`${server.url}/openapi.json`)).status, 200);
      assert.equal((await sendHttp1(`${url}/openapi.json`)).status, 401);
      const headers = { authorization: `Bearer ${key}` };
      const { status } = await sendHttp1(`${url}/openapi.json`, { headers });
      assert.equal(status, access === "key" ? 200 : 404);
    });
  }

  test("is sent compressed, and not again to a client that has it", async (context) => {
    const { url } = await startDescribed(context);
    const accept = { "accept-encoding": "gzip" };

    const { headers } = await sendHttp1(`${url}/openapi.json`, { headers: accept });
    assert.equal(headers["content-encoding"], "gzip");
    assert.equal(headers["content-type"], "application/json");
    const known = { ...accept, "if-none-match": String(headers.etag) };
    assert.equal((await sendHttp1(`${url}/openapi.json`, { headers: known })).status, 304);
  });
});

suite("what /openapi.json says", () => {
  for (const route of routes) {
    const path = examplePath(route.path);
    const name = `${route.method} ${route.path}`;

    test(`holds for every example of ${name}`, async (context) => {
      const { url, openApi } = await startDescribed(context);
      const check = createAnswerCheck(openApi);
      const described = describedAs(route, routesOf(openApi));

      if (route.doc.body === undefined) {
        const answer = await sendHttp1(`${url}${path}`);
        assert.equal(answer.status, 200);
        check(described, answer);
      }
      for (const { body } of route.doc.body?.examples ?? []) {
        // The fake reads no windows and cuts nothing; its model has another name.
        const answer = await postJson(`${url}${path}`, body);
        assert.equal(answer.status, 200, answer.text);
        check(described, answer);
      }
    });

    test(`holds for every error of ${name}`, async (context) => {
      const limits = { maxBodyBytes };
      const { url, openApi } = await startDescribed(context, { limits });
      const { url: keyedUrl } = await startServerWithKey(context);
      const check = createAnswerCheck(openApi);
      const described = describedAs(route, routesOf(openApi));

      const seen = new Set<string>();
      const note = (answer: HttpAnswer): void => {
        assert(answer.status >= 400, answer.text);
        check(described, answer);
        const form = typeof JSON.parse(answer.text).error === "string" ? "TeiError" : "Error";
        seen.add(`${answer.status} ${form}`);
      };
      for (const body of bodiesOf(route)) {
        const sent = { url, keyedUrl, path, method: route.method, body };
        for (const fault of faultsOf(route.doc, route.access ?? "key")) {
          const isIgnored = fault === "unknownModel" && body !== undefined && "texts" in body;
          if (!isIgnored) note(await provoke[fault](sent));
        }
      }
      for (const { body, message } of route.doc.body?.refused ?? []) {
        const answer = await postJson(`${url}${path}`, body);
        assert.equal(JSON.parse(answer.text).message, message);
        note(answer);
      }
      assert.deepEqual([...seen].sort(), describedErrors(described).sort());
    });
  }

  test("holds for a server that is not there yet", async (context) => {
    const { url, openApi, health } = await startDescribed(context);
    health.update({ status: "restarting", reason: "the model is loading" });

    const answer = await sendHttp1(`${url}/health`);
    assert.equal(answer.status, 503);
    createAnswerCheck(openApi)(
      { path: "/health", method: "GET", operation: operationAt(openApi, "/health") },
      answer,
    );
  });

  test("names every field of a body as the server reads it", async (context) => {
    const { url, openApi } = await startDescribed(context);
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema({ $id: "api", components: openApi.components });

    for (const route of routes) {
      for (const { body } of route.doc.body?.examples ?? []) {
        const name = requestNameOf(body as Fields, openApi);
        const validate = ajv.getSchema(`api#/components/schemas/${name}`);
        assert(validate?.(body), `${route.path} ${name}: ${ajv.errorsText(validate?.errors)}`);
        const { properties, required } = openApi.components.schemas[name] as {
          properties: object;
          required: readonly string[];
        };
        const least = required.map((field) => [field, (body as Fields)[field]]);
        for (const field of Object.keys(properties)) {
          // Alone, since of two names for one thing the first counts.
          const wrong = { ...Object.fromEntries(least), [field]: { wrong: [] } };
          const { status, text } = await postJson(`${url}${route.path}`, wrong);
          assert.equal(status, 422, `${route.path} takes ${field}: ${text}`);
          const { message } = JSON.parse(text);
          assert(message.startsWith(`\`${field}`), `${route.path} ${field}: ${message}`);
        }
      }
    }
  });

  test("shows every field of its answers in an example", async (context) => {
    const { openApi } = await startDescribed(context);

    const shown = new Set<string>();
    for (const { operation } of routesOf(openApi)) {
      for (const { content = {} } of Object.values(operation.responses)) {
        for (const { example, examples = {} } of Object.values(content)) {
          JSON.stringify(
            [example, ...Object.values(examples).map(({ value }) => value)],
            (name, v) => {
              shown.add(name);
              return v;
            },
          );
        }
      }
    }
    for (const [name, schema] of Object.entries(openApi.components.schemas)) {
      if (/Request$|Text$|^OpenApi/.test(name)) continue;
      for (const field of Object.keys((schema as { properties?: object }).properties ?? {})) {
        assert(shown.has(field), `no example shows ${name}.${field}`);
      }
    }
  });
});

function describedErrors({ operation }: DescribedRoute): string[] {
  return Object.entries(operation.responses)
    .filter(([status]) => Number(status) >= 400)
    .flatMap(([status, { content }]) => {
      const text = JSON.stringify(content?.["application/json"]?.schema);
      return [...text.matchAll(/schemas\/(Error|TeiError)"/g)].map(
        ([, form]) => `${status} ${form}`,
      );
    });
}

function operationAt(openApi: Parameters<typeof routesOf>[0], path: string) {
  const found = routesOf(openApi).find((route) => route.path === path);
  assert(found);
  return found.operation;
}

/** The name of the request schema whose required fields a body has. */
function requestNameOf(body: Fields, openApi: Parameters<typeof routesOf>[0]): string {
  const found = Object.entries(openApi.components.schemas).find(([name, schema]) => {
    const { required = [] } = schema as { required?: readonly string[] };
    return /Request$/.test(name) && required.every((field) => field in body);
  });
  assert(found, `no request is described with ${Object.keys(body)}`);
  return found[0];
}

async function startServerWithKey(context: Parameters<typeof startDescribed>[0]) {
  return await startServer(context, { ...everything, apiKeys: [key] });
}
