import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

/** Text that stands in requests and must not come back in an answer. */
const secret = "confidential";

suite("an error of Connect's decoders", () => {
  test("repeats nothing of a message that is broken when its deadline has passed", async (context) => {
    const { url } = await startServer(context);

    const { status, text } = await sendHttp1(`${url}/rerank.v1.RerankService/Rerank`, {
      headers: { "content-type": "application/json", "connect-timeout-ms": "0" },
      body: JSON.stringify({ query: { text: secret } }),
    });

    assert.equal(status, 400);
    assert.doesNotMatch(text, new RegExp(secret));
    assert.match(text, /`query` must be a string/);
  });

  test("is INTERNAL, and no fault of the server, for a compressed message without an encoding", async (context) => {
    const { url, log } = await startServer(context);

    const { text } = await sendHttp1(`${url}/rerank.v1.RerankService/Rerank`, {
      headers: { "content-type": "application/grpc-web+proto" },
      body: Buffer.from([1, 0, 0, 0, 1, 0]),
    });

    assert.match(text, /grpc-status: 13\r\n/);
    await log.find(({ message }) => message === "request");
    assert(log.lines.every(({ level }) => level !== "error"));
  });

  test("calls what cannot be decompressed the client's mistake", async (context) => {
    const { url } = await startServer(context);

    for (const body of [Buffer.from("\n"), gzipSync("{}").subarray(0, 12), Buffer.from("{}")]) {
      const { status, text } = await sendHttp1(`${url}/rerank.v1.RerankService/Health`, {
        headers: { "content-type": "application/json", "content-encoding": "gzip" },
        body,
      });

      assert.equal(status, 400, text);
    }
  });

  test("repeats nothing of a message in the URL", async (context) => {
    const { url } = await startServer(context);
    const path = `${url}/rerank.v1.RerankService/Health?connect=v1&encoding=json`;

    const broken = await sendHttp1(`${path}&message=${encodeURIComponent(`["${secret}`)}`);
    const inBase64 = Buffer.from("{}").toString("base64url");
    const right = await sendHttp1(`${path}&base64=1&message=${inBase64}`);

    assert.equal(broken.status, 400);
    assert.doesNotMatch(broken.text, new RegExp(secret));
    assert.match(broken.text, /the request is not valid JSON in UTF-8/);
    assert.equal(right.status, 200);
    assert.match(right.text, /"model":"fake-model"/);
  });

  test("repeats nothing of a broken message over gRPC-Web", async (context) => {
    const { url } = await startServer(context);
    const message = Buffer.from(JSON.stringify({ query: { text: secret } }));
    const prefix = Buffer.from([0, 0, 0, 0, message.length]);

    const { text } = await sendHttp1(`${url}/rerank.v1.RerankService/Rerank`, {
      headers: { "content-type": "application/grpc-web+json" },
      body: Buffer.concat([prefix, message]),
    });

    assert.match(text, /grpc-status: 3\r\n/);
    assert.match(decodeURIComponent(text), /`query` must be a string/);
    assert.doesNotMatch(text, new RegExp(secret));
  });

  test("says how many messages a call must have", async (context) => {
    const { url } = await startServer(context);
    const empty = Buffer.from([0, 0, 0, 0, 0]);

    for (const [body, got] of [
      [Buffer.alloc(0), "none"],
      [Buffer.concat([empty, empty]), "more"],
    ] as const) {
      const { text } = await sendHttp1(`${url}/rerank.v1.RerankService/Health`, {
        headers: { "content-type": "application/grpc-web+proto" },
        body,
      });

      assert.match(text, /grpc-status: 12\r\n/);
      const words = new RegExp(`the call must have one message, got: ${got}`);
      assert.match(decodeURIComponent(text), words);
    }
  });
});
