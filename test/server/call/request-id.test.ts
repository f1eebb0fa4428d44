import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { connectHttp2, postRerank, sendHttp1, sendHttp2 } from "../http-client.ts";
import { createForeignClient, type ForeignMessage } from "../rpc/grpc-js-client.ts";
import { startServer } from "../start-server.ts";

const rerankService = "rerank.v1.RerankService";
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const body = { query: "q", documents: ["a"] };
const json = { "content-type": "application/json" };

suite("x-request-id", () => {
  test("comes back on every answer of plain JSON, errors included", async (context) => {
    const { url } = await startServer(context);
    const session = connectHttp2(context, url);
    const headers = { "x-request-id": "caller:1/a+b=c@d" };
    const call = { headers: { ...json, ...headers }, body: JSON.stringify(body) };

    const answers = [
      await postRerank(url, body, headers),
      await postRerank(url, { ...body, top_n: -1 }, headers),
      await sendHttp1(`${url}/nope`, { headers }),
      await sendHttp1(`${url}/rerank`, { headers, method: "DELETE" }),
      await sendHttp2(session, "/rerank", call),
      await sendHttp2(session, `/${rerankService}/Rerank`, call),
      await sendHttp1(`${url}/${rerankService}/Rerank`, { ...call, body: "[" }),
      await sendHttp1(`${url}/${rerankService}/Rerank`, {
        headers: { ...headers, "content-type": "application/grpc-web+proto" },
        body: new Uint8Array(5),
      }),
    ];

    for (const answer of answers) {
      assert.equal(answer.headers["x-request-id"], headers["x-request-id"], answer.text);
    }
  });

  test("is made up where it is missing, too long or of other characters", async (context) => {
    const { url } = await startServer(context);

    for (const id of [undefined, "", "a b", "x".repeat(129), "naïve", 'a"b', "a;b"]) {
      const headers =
        id === undefined ? {} : { "x-request-id": Buffer.from(id).toString("latin1") };
      const answer = await postRerank(url, body, headers);
      assert.match(String(answer.headers["x-request-id"]), uuid, id);
    }
    const longest = "x".repeat(128);
    const answer = await postRerank(url, body, { "x-request-id": longest });
    assert.equal(answer.headers["x-request-id"], longest);
  });

  test("is metadata of gRPC answers: unary, failed and streamed", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const idOf = (metadata: grpc.Metadata) => metadata.get("x-request-id");
    const sent = new grpc.Metadata();
    sent.set("x-request-id", "grpc-1");

    const unary = (message: ForeignMessage) =>
      new Promise<grpc.MetadataValue[]>((resolve) => {
        const call = client.rerank?.(message, sent, () => undefined) as grpc.ClientUnaryCall;
        call.on("metadata", (metadata) => resolve(idOf(metadata)));
        call.on("status", ({ metadata }) => resolve(idOf(metadata)));
      });
    const stream = client.rerankStream?.(sent) as grpc.ClientDuplexStream<unknown, unknown>;
    const streamed = new Promise<grpc.MetadataValue[]>((resolve) => {
      stream.on("metadata", (metadata) => resolve(idOf(metadata)));
    });
    stream.on("data", () => undefined);
    stream.write({ id: "a", request: body });
    stream.end();

    assert.deepEqual(await unary(body), ["grpc-1"]);
    assert.deepEqual(await unary({ ...body, query: "busy" }), ["grpc-1"]);
    assert.deepEqual(await streamed, ["grpc-1"]);
  });
});

suite("traceparent", () => {
  test("is in the log line of its call, and nothing where there is none", async (context) => {
    const { url, log } = await startServer(context);
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const spanId = "b7ad6b7169203331";

    await postRerank(url, body, { traceparent: `00-${traceId}-${spanId}-01` });
    const { fields } = await log.find(({ message }) => message === "request");
    await postRerank(url, body, { traceparent: "nonsense", "x-request-id": "second" });
    const second = await log.find((line) => line.fields.request_id === "second");

    assert.deepEqual([fields.trace_id, fields.span_id], [traceId, spanId]);
    assert.deepEqual(["trace_id" in second.fields, "span_id" in second.fields], [false, false]);
  });
});
