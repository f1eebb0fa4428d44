import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import { suite, type TestContext, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { RerankError } from "../../../../src/errors.ts";
import { startServer } from "../../start-server.ts";
import { hasStatus } from "../grpc-js-client.ts";

const rerankPath = "/rerank.v1.RerankService/Rerank";
const streamPath = "/rerank.v1.RerankService/RerankStream";

/** `RerankRequest{query, documents: ["a"]}` in an envelope of gRPC. */
function envelopeOf(query: string): Buffer {
  const text = Buffer.from(query);
  const message = Buffer.concat([Buffer.from([0x0a, text.length]), text, Buffer.from("\x12\x01a")]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** What a call of a client without a gRPC library gets. */
interface RawAnswer {
  readonly headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader;
  /** Whether the headers ended the stream. */
  readonly trailersOnly: boolean;
  readonly trailers: http2.IncomingHttpHeaders | undefined;
  readonly bytes: number;
}

async function callRaw(
  context: TestContext,
  url: string,
  path: string,
  body: Uint8Array,
): Promise<RawAnswer> {
  const session = http2.connect(url);
  context.after(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  let trailers: http2.IncomingHttpHeaders | undefined;
  let bytes = 0;
  stream.on("trailers", (received) => {
    trailers = received;
  });
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  stream.end(body);
  const ended = once(stream, "end");
  const [headers, flags] = await once(stream, "response");
  await ended;
  const trailersOnly = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  return { headers, trailersOnly, trailers, bytes };
}

/** Returns a grpc-js client that is told by its service config to try again. */
function createRetryingClient(context: TestContext, port: number): grpc.Client {
  const retryPolicy = {
    maxAttempts: 4,
    initialBackoff: "0.01s",
    maxBackoff: "0.02s",
    backoffMultiplier: 1,
    retryableStatusCodes: ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
  };
  const methodConfig = [{ name: [{}], retryPolicy }];
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    "grpc.service_config": JSON.stringify({ methodConfig }),
    "grpc.use_local_subchannel_pool": 1,
  });
  context.after(() => client.close());
  return client;
}

function rerank(client: grpc.Client, query: string): Promise<Buffer> {
  const identity = (bytes: Buffer): Buffer => bytes;
  const message = envelopeOf(query).subarray(5);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(rerankPath, identity, identity, message, (error, answer) => {
      if (answer === undefined) reject(error);
      else resolve(answer);
    });
  });
}

suite("the answer to a gRPC call", () => {
  const failures = [
    { what: "a field that is wrong", query: "", status: "3" },
    { what: "a full queue", query: "busy", status: "8" },
    { what: "a request that never fits", query: "vast", status: "8" },
    { what: "a model that is not there", query: "loading", status: "14" },
    { what: "a bug", query: "bug", status: "13" },
  ];
  for (const { what, query, status } of failures) {
    test(`is one frame of headers for ${what}`, async (context) => {
      const { url } = await startServer(context);

      const answer = await callRaw(context, url, rerankPath, envelopeOf(query));

      assert.equal(answer.trailersOnly, true);
      assert.equal(answer.trailers, undefined);
      assert.equal(answer.bytes, 0);
      assert.equal(answer.headers[":status"], 200);
      assert.equal(answer.headers["grpc-status"], status);
      assert.equal(answer.headers["content-type"], "application/grpc+proto");
      assert(answer.headers["grpc-message"]);
      assert(answer.headers["x-request-id"]);
    });
  }

  test("is one frame of headers for a stream that fails before its first message", async (context) => {
    const { url } = await startServer(context);

    const answer = await callRaw(context, url, streamPath, Buffer.from([9, 0, 0, 0, 0]));

    assert.equal(answer.trailersOnly, true);
    assert(Number(answer.headers["grpc-status"]) > 0);
  });

  test("has headers, a message and a trailer when the call succeeds", async (context) => {
    const { url } = await startServer(context);

    const answer = await callRaw(context, url, rerankPath, envelopeOf("q"));

    assert.equal(answer.trailersOnly, false);
    assert(answer.bytes > 5);
    assert.equal(answer.headers["grpc-status"], undefined);
    assert.equal(answer.trailers?.["grpc-status"], "0");
  });

  test("spells its message as the specification says", async (context) => {
    const { url, reranker } = await startServer(context);
    reranker.rerank = () => {
      throw new RerankError("invalid_argument", "100 %, é: `a`, got: 1/2");
    };

    const { headers } = await callRaw(context, url, rerankPath, envelopeOf("q"));

    assert.equal(headers["grpc-message"], "100 %25, %C3%A9: `a`, got: 1/2");
  });

  test("tells how long to wait when the queue is full, and how it is told to retries", async (context) => {
    const { url } = await startServer(context);

    const busy = await callRaw(context, url, rerankPath, envelopeOf("busy"));
    const loading = await callRaw(context, url, rerankPath, envelopeOf("loading"));

    assert.equal(busy.headers["retry-after"], "2");
    assert.equal(busy.headers["grpc-retry-pushback-ms"], "2000");
    assert(busy.headers["grpc-status-details-bin"]);
    assert.equal(loading.headers["grpc-retry-pushback-ms"], undefined);
  });

  test("tells nobody to wait for a request that never fits", async (context) => {
    const { url } = await startServer(context);

    const { headers } = await callRaw(context, url, rerankPath, envelopeOf("vast"));

    assert.match(headers["grpc-message"] as string, /can never fit/);
    for (const name of ["retry-after", "grpc-retry-pushback-ms", "grpc-status-details-bin"]) {
      assert.equal(headers[name], undefined);
    }
  });
});

suite("a grpc-js client with a retry policy", () => {
  test("is answered after the model has come", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createRetryingClient(context, port);
    const { rerank: answer } = reranker;
    let refused = 0;
    reranker.rerank = (request, call) => {
      if (refused === 2) return answer(request, call);
      refused += 1;
      throw new RerankError("unavailable", "the model is loading, please wait");
    };

    const bytes = await rerank(client, "q");

    assert(bytes.length > 0);
    assert.equal(refused, 2);
  });

  test("sees the error, its text whole, after as many tries as it may make", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createRetryingClient(context, port);
    let calls = 0;
    reranker.rerank = () => {
      calls += 1;
      throw new RerankError("unavailable", "not loaded: 100 %, wait");
    };

    await assert.rejects(rerank(client, "q"), (error: grpc.ServiceError) => {
      assert.equal(error.details, "not loaded: 100 %, wait");
      return hasStatus(grpc.status.UNAVAILABLE)(error);
    });
    assert.equal(calls, 4);
  });

  test("waits as long as the server asks for when the queue is full", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createRetryingClient(context, port);
    const { rerank: answer } = reranker;
    const times: number[] = [];
    reranker.rerank = (request, call) => {
      times.push(performance.now());
      if (times.length === 2) return answer(request, call);
      throw new RerankError("resource_exhausted", "the queue is full", { retryAfterMs: 900 });
    };

    await rerank(client, "q");

    const [first = 0, second = 0] = times;
    // Of its own it would wait 20 ms at most; a timer may be a little early.
    assert(second - first > 900, `${second - first} ms`);
  });
});
