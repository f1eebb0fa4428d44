import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { connectHttp2, sendHttp1 } from "../http-client.ts";
import { assertAlive, startServer } from "../start-server.ts";

const maxBodyBytes = 1024 * 1024;

/** A valid request that is two hundred times as large as it is sent. */
const bomb = Buffer.from(
  JSON.stringify({ query: "q", documents: ["a".repeat(64 * maxBodyBytes)] }),
);

const compressors = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };

/** Puts a compressed message into an envelope. */
function envelopeOf(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(1);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

suite("a body that is small until it is decompressed", () => {
  for (const [encoding, compress] of Object.entries(compressors)) {
    test(`is refused on the plain routes (${encoding})`, async (context) => {
      const running = await startServer(context, { limits: { maxBodyBytes } });
      const headers = { "content-type": "application/json", "content-encoding": encoding };

      const { status, text } = await sendHttp1(`${running.url}/rerank`, {
        headers,
        body: compress(bomb),
      });

      assert.equal(status, 413);
      assert.match(text, /at most 1048576 bytes/);
      await assertAlive(running);
    });
  }

  test("is refused over Connect", async (context) => {
    const running = await startServer(context, { limits: { maxBodyBytes } });
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };

    const { status, text } = await sendHttp1(`${running.url}/rerank.v1.RerankService/Rerank`, {
      headers,
      body: gzipSync(bomb),
    });

    assert.equal(status, 429);
    assert.match(text, /at most 1048576 bytes/);
    await assertAlive(running);
  });

  for (const type of ["application/grpc+json", "application/grpc-web+json"]) {
    test(`is refused over ${type}`, async (context) => {
      const running = await startServer(context, { limits: { maxBodyBytes } });
      const stream = connectHttp2(context, running.url).request({
        ":method": "POST",
        ":path": "/rerank.v1.RerankService/Rerank",
        "content-type": type,
        "grpc-encoding": "gzip",
        te: "trailers",
      });
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      let status: unknown;
      for (const event of ["response", "trailers"]) {
        stream.on(event, (headers) => {
          status ??= headers["grpc-status"];
        });
      }
      stream.end(envelopeOf(gzipSync(bomb)));
      await new Promise((resolve) => stream.once("close", resolve));

      // gRPC-Web has its trailers in the body.
      status ??= /grpc-status: (\d+)/.exec(Buffer.concat(chunks).toString())?.[1];
      assert.equal(status, "8");
      assert.equal(running.reranker.requests.length, 0);
      await assertAlive(running);
    });
  }
});
