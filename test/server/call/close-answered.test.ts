import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { suite, type TestContext, test } from "node:test";
import { connectHttp2 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

/** Calls that are answered although their request goes on. */
const calls = [
  { what: "a stream that fails", path: "/rerank.v1.RerankService/RerankStream", type: "grpc" },
  { what: "an unknown method", path: "/a.B/C", type: "grpc" },
  { what: "a plain path that does not exist", path: "/nowhere", type: "json" },
];

/** Sends an envelope with a flag that gRPC does not know, and does not end the request. */
function openUnended(context: TestContext, url: string, path: string, type: string) {
  const stream = connectHttp2(context, url).request({
    ":method": "POST",
    ":path": path,
    "content-type": `application/${type}`,
  });
  stream.on("error", () => undefined).resume();
  stream.write(Buffer.from([2, 0, 0, 0, 0]));
  return stream;
}

suite("a client that does not end its request after the answer", () => {
  for (const { what, path, type } of calls) {
    test(`has its stream closed without an error after ${what}`, async (context) => {
      const { url } = await startServer(context);
      const stream = openUnended(context, url, path, type);

      const [head] = await once(stream, "response");
      await once(stream, "close");

      assert(head[":status"] === 404 || Number(head["grpc-status"]) > 0);
      assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
    });

    test(`holds no drain after ${what}`, async (context) => {
      const { url, server } = await startServer(context);
      const stream = openUnended(context, url, path, type);
      await once(stream, "response");

      const startMs = performance.now();
      const { clean } = await server.drain(60_000);

      assert.equal(clean, true);
      assert(performance.now() - startMs < 30_000);
    });
  }
});
