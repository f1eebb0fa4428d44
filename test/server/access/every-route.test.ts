import assert from "node:assert/strict";
import type * as http2 from "node:http2";
import { suite, type TestContext, test } from "node:test";
import { connectHttp2, type HttpAnswer, sendHttp1, sendHttp2 } from "../http-client.ts";
import { type RunningServer, startServer } from "../start-server.ts";
import { examplePath, routes, rpcs } from "./every-path.ts";

/** What anybody may ask; whoever adds to this list opens it to strangers. */
const openRoutes = [
  "GET /health",
  "GET /v2/health/ready",
  "GET /v2/health/live",
  "GET /",
  "GET /docs",
  "GET /docs/grpc",
  "GET /openapi.json",
];
const openRpcs = [
  "/grpc.health.v1.Health/Check",
  "/grpc.health.v1.Health/Watch",
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
  "/rerank.v1.RerankService/Health",
];

const keys = ["first-key", "second-key"];

/** Every way to show a key, and whether it is let in. */
const presentations: readonly {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly isKey: boolean;
}[] = [
  { name: "no key", headers: {}, isKey: false },
  { name: "an empty bearer", headers: { authorization: "Bearer " }, isKey: false },
  { name: "a wrong bearer", headers: { authorization: "Bearer first-keyx" }, isKey: false },
  { name: "a key without scheme", headers: { authorization: "first-key" }, isKey: false },
  { name: "two keys as one", headers: { "x-api-key": keys.join(", ") }, isKey: false },
  { name: "a wrong x-api-key", headers: { "x-api-key": "first" }, isKey: false },
  { name: "an empty x-api-key", headers: { "x-api-key": "" }, isKey: false },
  { name: "the right bearer", headers: { authorization: "Bearer first-key" }, isKey: true },
  { name: "the right x-api-key", headers: { "x-api-key": "second-key" }, isKey: true },
];

/** First byte of the message that ends a stream of Connect. */
const endStreamFlag = 2;

/** A gRPC message without content. */
const emptyMessage = Buffer.alloc(5);

/** Sends a call and returns the headers of its answer, without waiting for its end. */
function headersOf(
  session: http2.ClientHttp2Session,
  path: string,
  headers: http2.OutgoingHttpHeaders,
  body: Uint8Array | string,
): Promise<http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    stream.on("response", (answer) => {
      resolve(answer);
      stream.close();
    });
    stream.on("error", reject);
    stream.end(body);
  });
}

function assertRefused({ status, headers, text }: HttpAnswer, what: string): void {
  assert.equal(status, 401, what);
  assert.equal(headers["www-authenticate"], "Bearer", what);
  assert.match(String(headers["x-request-id"]), /./, what);
  assert.match(text, /API key/, what);
  assert.doesNotMatch(text, /first|second/, what);
}

async function startGuarded(context: TestContext): Promise<RunningServer> {
  return await startServer(context, { apiKeys: keys, page: "<p>a page</p>" });
}

suite("the tables of routes and RPCs", () => {
  test("open to strangers what probes ask, pages and descriptions that hold nothing, and nothing else", () => {
    const open = routes.filter(({ access }) => access === "open");

    assert.deepEqual(
      open.map(({ method, path }) => `${method} ${path}`),
      openRoutes,
    );
    assert(routes.length > openRoutes.length);
    const services = new Set(rpcs.map(({ path }) => path.split("/")[1]));
    assert.deepEqual([...services].sort(), [
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "rerank.v1.RerankService",
      "tei.v1.Info",
      "tei.v1.Rerank",
    ]);
  });
});

for (const { name, headers: shown, isKey } of presentations) {
  suite(`a caller with ${name}`, () => {
    test(`is ${isKey ? "let into" : "kept from"} every plain route`, async (context) => {
      const { url, reranker } = await startGuarded(context);
      const session = connectHttp2(context, url);

      for (const route of routes) {
        const what = `${route.method} ${route.path}`;
        const path = examplePath(route.path);
        const body = route.method === "POST" ? { body: "{}" } : {};
        const call = { method: route.method, headers: shown, ...body };
        for (const answer of [
          await sendHttp1(`${url}${path}`, call),
          await sendHttp2(session, path, call),
        ]) {
          if (isKey || openRoutes.includes(what)) assert.notEqual(answer.status, 401, what);
          else assertRefused(answer, what);
        }
      }
      assert.equal(reranker.requests.length, 0);
    });

    test(`is ${isKey ? "let into" : "kept from"} every RPC over Connect`, async (context) => {
      const { url } = await startGuarded(context);
      const session = connectHttp2(context, url);

      for (const { path, isStream } of rpcs) {
        const isOpen = isKey || openRpcs.includes(path);
        if (isStream) {
          const headers = { "content-type": "application/connect+json", ...shown };
          if (isOpen) {
            const answer = await headersOf(session, path, headers, emptyMessage);
            assert.equal(answer[":status"], 200, path);
            continue;
          }
          const { status, text } = await sendHttp2(session, path, { headers, body: "" });
          assert.equal(status, 200, path);
          assert.equal(text.charCodeAt(0), endStreamFlag, path);
          assert.match(text, /"code":"unauthenticated"/, path);
          continue;
        }
        const headers = { "content-type": "application/json", ...shown };
        const answer = await sendHttp1(`${url}${path}`, { headers, body: "{}" });
        if (isOpen) assert.notEqual(answer.status, 401, path);
        else {
          assertRefused(answer, path);
          assert.equal(JSON.parse(answer.text).code, "unauthenticated");
        }
      }
    });

    for (const contentType of ["application/grpc", "application/grpc-web+proto"]) {
      test(`is ${isKey ? "let into" : "kept from"} every RPC over ${contentType}`, async (context) => {
        const { url } = await startGuarded(context);
        const session = connectHttp2(context, url);
        const headers = { "content-type": contentType, te: "trailers", ...shown };

        for (const { path } of rpcs) {
          const answer = await headersOf(session, path, headers, emptyMessage);

          assert.equal(answer[":status"], 200, path);
          const isRefused = answer["grpc-status"] === "16";
          assert.equal(isRefused, !isKey && !openRpcs.includes(path), path);
        }
      });
    }

    test(`is ${isKey ? "told" : "not told"} which paths there are`, async (context) => {
      const { url } = await startGuarded(context);
      const call = { headers: shown };

      const answers = [
        await sendHttp1(`${url}/nowhere`, call),
        await sendHttp1(`${url}/health/nowhere`, call),
        await sendHttp1(`${url}/rerank`, { ...call, method: "DELETE" }),
        await sendHttp1(`${url}/health`, { ...call, method: "POST" }),
        await sendHttp1(`${url}/health`, { ...call, method: "OPTIONS" }),
        await sendHttp1(`${url}/rerank.v1.RerankService/Nope`, { ...call, body: "{}" }),
        await sendHttp1(`${url}/rerank.v1.RerankService/Rerank`, { ...call, method: "PUT" }),
        await sendHttp1(`${url}//health`, call),
        await sendHttp1(`${url}/health%2f..%2frerank`, call),
      ];

      for (const answer of answers) {
        if (isKey) assert([404, 405].includes(answer.status));
        else assertRefused(answer, "a path that is not served");
      }
    });
  });
}
