import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { nearestPath } from "../../../src/server/call/nearest-path.ts";
import { postJson, sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

const known = ["/rerank", "/v1/rerank", "/v1/models/{id}", "/health"];

suite("nearestPath()", () => {
  const meant = {
    "/rerank/": "/rerank",
    "//rerank": "/rerank",
    "/v1//rerank//": "/v1/rerank",
    "/rerank/rerank": "/rerank",
    "/rerank/v1/rerank": "/v1/rerank",
    "/v1/v1/rerank": "/v1/rerank",
    "/Rerank": "/rerank",
    "/api/v3/health": "/health",
  };
  for (const [path, expected] of Object.entries(meant)) {
    test(`takes ${path} for ${expected}`, () => {
      assert.equal(nearestPath(path, known), expected);
    });
  }

  for (const path of ["/", "", "/xrerank", "/rerankk", "/v1/embeddings"]) {
    test(`knows nothing like \`${path}\``, () => {
      assert.equal(nearestPath(path, known), undefined);
    });
  }
});

suite("the answer to a path that is nearly right", () => {
  test("says the right one on the plain routes", async (context) => {
    const { url } = await startServer(context);

    for (const path of ["/v1/rerank/", "//v1/rerank", "/v1/v1/rerank", "/rerank/v1/rerank"]) {
      const { status, text } = await postJson(`${url}${path}`, {});

      assert.equal(status, 404);
      assert.match(JSON.parse(text).message, /did you mean `\/v1\/rerank`\?/);
    }
  });

  test("says the right one to RPC clients, in their protocol", async (context) => {
    const { url } = await startServer(context);
    const rpc = "/rerank.v1.RerankService/Rerank";

    for (const path of [`/v1${rpc}`, `${rpc}/`, "/rerank.v1.RerankService/rerank"]) {
      const grpc = await sendHttp1(`${url}${path}`, {
        headers: { "content-type": "application/grpc" },
        body: "",
      });

      assert.equal(grpc.headers["grpc-status"], "12");
      assert.match(
        String(grpc.headers["grpc-message"]),
        /did you mean `\/rerank\.v1\.\w+\/Rerank`\?/,
      );
    }
    for (const path of [`/v1${rpc}`, `${rpc}/`, "/rerank.v1.RerankService/rerank"]) {
      const connect = await postJson(`${url}${path}`, {});

      assert.equal(connect.status, 404);
      assert.equal(JSON.parse(connect.text).code, "unimplemented");
      assert.match(JSON.parse(connect.text).message, /did you mean `\/rerank\.v1\.\w+\/Rerank`\?/);
    }
  });
});
