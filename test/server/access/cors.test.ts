import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { postRerank, sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

const origin = "https://app.example";

const request = { query: "q", documents: ["a"] };

const preflight = {
  method: "OPTIONS",
  headers: {
    origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
  },
};

const grpcWeb = { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" };

suite("CORS", () => {
  test("answers a preflight of an origin that is let in, without a key", async (context) => {
    const { url } = await startServer(context, { corsOrigins: [origin], apiKeys: ["a-key"] });

    for (const path of ["/rerank", "/rerank.v1.RerankService/Rerank", "/nowhere"]) {
      const { status, headers, text } = await sendHttp1(`${url}${path}`, preflight);

      assert.deepEqual([status, text], [204, ""]);
      assert.equal(headers["access-control-allow-origin"], origin);
      assert.equal(headers["access-control-allow-methods"], "POST, GET");
      assert.equal(headers.vary, "Origin, Access-Control-Request-Headers");
      const allowed = String(headers["access-control-allow-headers"]).toLowerCase().split(", ");
      for (const name of [
        "authorization",
        "x-api-key",
        "content-type",
        "connect-protocol-version",
        "connect-timeout-ms",
        "x-grpc-web",
        "grpc-timeout",
        "x-user-agent",
        "x-request-timeout-ms",
      ]) {
        assert(allowed.includes(name), name);
      }
    }
  });

  test("allows the headers that a page's SDK asks for, each once", async (context) => {
    const { url } = await startServer(context, { corsOrigins: [origin] });
    const asked = "content-type,x-fern-language, X-Client-Name,grpc-accept-encoding";
    const headers = { ...preflight.headers, "access-control-request-headers": asked };

    const answer = await sendHttp1(`${url}/v1/rerank`, { method: "OPTIONS", headers });

    const names = String(answer.headers["access-control-allow-headers"]).toLowerCase().split(", ");
    for (const name of ["x-fern-language", "x-client-name", "grpc-accept-encoding"]) {
      assert(names.includes(name), name);
    }
    assert.equal(new Set(names).size, names.length);
  });

  test("repeats nothing that is no list of header names", async (context) => {
    const { url } = await startServer(context, { corsOrigins: ["*"] });
    const headers = { ...preflight.headers, "access-control-request-headers": "x-a; x=(y)" };

    const answer = await sendHttp1(`${url}/rerank`, { method: "OPTIONS", headers });

    assert.equal(answer.status, 204);
    assert.doesNotMatch(String(answer.headers["access-control-allow-headers"]), /x-a|[;()]/);
  });

  test("lets scripts read answers and refusals of every protocol", async (context) => {
    const { url } = await startServer(context, { corsOrigins: [origin], apiKeys: ["a-key"] });
    const rpc = `${url}/rerank.v1.RerankService/Rerank`;
    const json = JSON.stringify(request);

    const answers = [
      await postRerank(url, request, { origin, "x-api-key": "a-key" }),
      await postRerank(url, request, { origin }),
      await sendHttp1(rpc, { headers: { ...grpcWeb, origin }, body: Buffer.alloc(5) }),
      await sendHttp1(rpc, {
        headers: { origin, "content-type": "application/json", "x-api-key": "a-key" },
        body: json,
      }),
    ];

    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 401, 200, 200],
    );
    for (const { headers } of answers) {
      assert.equal(headers["access-control-allow-origin"], origin);
      assert.equal(headers.vary, "Origin");
      const exposed = String(headers["access-control-expose-headers"]).toLowerCase().split(", ");
      for (const name of ["grpc-status", "grpc-message", "x-request-id", "x-inference-time"]) {
        assert(exposed.includes(name), name);
      }
    }
  });

  test("gives other origins nothing, and lets the call of a preflight not through", async (context) => {
    const { url, reranker } = await startServer(context, { corsOrigins: [origin] });
    const other = { ...preflight.headers, origin: "https://app.example.evil" };

    const asked = await sendHttp1(`${url}/rerank`, { method: "OPTIONS", headers: other });
    const called = await postRerank(url, request, { origin: "null" });

    for (const { headers } of [asked, called]) {
      assert.equal(headers.vary, "Origin");
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith("access-control-")),
        [],
      );
    }
    assert.equal(reranker.requests.length, 1);
  });

  test("lets in every origin with `*`, none of them with credentials", async (context) => {
    const { url } = await startServer(context, { corsOrigins: ["*"] });

    const { headers } = await sendHttp1(`${url}/rerank`, preflight);

    assert.equal(headers["access-control-allow-origin"], "*");
    assert.equal(headers["access-control-allow-credentials"], undefined);
    assert.equal(headers.vary, "Access-Control-Request-Headers");
  });

  test("is off unless asked for", async (context) => {
    const { url } = await startServer(context);

    const asked = await sendHttp1(`${url}/rerank`, preflight);
    const called = await postRerank(url, request, { origin });

    assert.equal(asked.status, 405);
    for (const { headers } of [asked, called]) {
      const names = Object.keys(headers).filter((name) => name.startsWith("access-control-"));
      assert.deepEqual([...names, headers.vary], [undefined]);
    }
  });
});
