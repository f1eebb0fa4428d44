import assert from "node:assert/strict";
import { Agent, type OutgoingHttpHeaders } from "node:http";
import { suite, test } from "node:test";
import { gzipSync } from "node:zlib";
import { capTimeoutHeaders } from "../../../src/server/rpc/rpc-target.ts";
import { connectRaw, type HttpAnswer, sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

const rerankPath = "/rerank.v1.RerankService/Rerank";
const teiStreamPath = "/tei.v1.Rerank/RerankStream";

/** `RerankRequest{query: "q", documents: ["a"]}`. */
const message = Buffer.from("\x0a\x01q\x12\x01a", "latin1");

function envelopeOf(bytes: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

interface Call {
  readonly path?: string;
  readonly method?: string;
  readonly body?: Uint8Array | string;
  readonly agent?: Agent;
}

function call(url: string, headers: OutgoingHttpHeaders, options: Call = {}): Promise<HttpAnswer> {
  const { path = rerankPath, method = "POST", body = envelopeOf(message), agent } = options;
  return sendHttp1(`${url}${path}`, { method, headers, body, ...(agent && { agent }) });
}

suite("a call that its handler cannot take", () => {
  const connect = { "content-type": "application/proto" };
  const grpc = { "content-type": "application/grpc+proto" };
  const web = { "content-type": "application/grpc-web-text+proto" };
  const stream = { "content-type": "application/connect+json" };
  const unary = [
    { what: "a wrong method", headers: connect, method: "DELETE", status: 405, code: "unknown" },
    { what: "a codec that is not known", type: "application/xml", status: 415, code: "unknown" },
    { what: "no RPC at all", type: "image/jpeg", status: 415, code: "unknown" },
    { what: "an unknown service", path: "/a.B/C", status: 404, code: "unimplemented" },
  ];
  for (const { what, status, code, type = "application/proto", ...options } of unary) {
    test(`is a Connect error with ${status} for ${what}`, async (context) => {
      const { url } = await startServer(context);

      const answer = await call(url, { "content-type": type }, options);

      assert.equal(answer.status, status);
      assert.equal(JSON.parse(answer.text).code, code);
      assert(JSON.parse(answer.text).message);
    });
  }

  const others = [
    { what: "a wrong method", options: { method: "DELETE" } },
    { what: "an unknown service", options: { path: "/a.B/C" } },
    { what: "an unknown method", options: { path: "/rerank.v1.RerankService/Nope" } },
  ];
  for (const { what, options } of others) {
    test(`is a gRPC status for ${what}`, async (context) => {
      const { url } = await startServer(context);

      for (const headers of [grpc, web]) {
        const answer = await call(url, headers, options);

        assert.deepEqual([answer.status, answer.text], [200, ""]);
        assert.equal(answer.headers["content-type"], headers["content-type"]);
        assert.equal(answer.headers["grpc-status"], "12");
        assert(answer.headers["grpc-message"]);
      }
    });

    test(`is the end of a Connect stream for ${what}`, async (context) => {
      const { url } = await startServer(context);

      const answer = await call(url, stream, options);

      const { error } = JSON.parse(answer.text.slice(5));
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["content-type"], "application/connect+json");
      assert.equal(error.code, "unimplemented");
    });
  }

  test("is a gRPC status for a codec that is not known", async (context) => {
    const { url } = await startServer(context);

    const answer = await call(url, { "content-type": "application/grpc+thrift" });

    assert.deepEqual([answer.status, answer.headers["grpc-status"]], [200, "12"]);
    assert.match(String(answer.headers["grpc-message"]), /`content-type` must be/);
  });
});

suite("a content type", () => {
  const types = [
    "application/grpc; charset=utf-8",
    "application/grpc+proto;charset=UTF-8",
    "Application/gRPC",
    "application/grpc-web+proto; x=y",
  ];
  for (const type of types) {
    test(`may be ${type}`, async (context) => {
      const { url, reranker } = await startServer(context);

      const { status } = await call(url, { "content-type": type });

      assert.equal(status, 200);
      assert.equal(reranker.requests.length, 1);
    });
  }

  test("is refused in another charset", async (context) => {
    const { url, reranker } = await startServer(context);

    const json = await call(url, { "content-type": "application/json; charset=latin1" });
    const grpc = await call(url, { "content-type": "application/grpc; charset=utf-16" });

    assert.equal(json.status, 415);
    assert.equal(grpc.headers["grpc-status"], "12");
    assert.equal(reranker.requests.length, 0);
  });
});

suite("an encoding that the server does not read", () => {
  const calls = [
    { type: "application/grpc", header: "grpc-encoding", accept: "grpc-accept-encoding" },
    { type: "application/grpc-web", header: "grpc-encoding", accept: "grpc-accept-encoding" },
    { type: "application/proto", header: "content-encoding", accept: "accept-encoding" },
  ];
  for (const { type, header, accept } of calls) {
    test(`is answered with those that it reads for ${type}`, async (context) => {
      const { url } = await startServer(context);

      const answer = await call(url, { "content-type": type, [header]: "snappy" });

      assert.equal(answer.headers[accept], "gzip");
      assert.match(
        `${answer.headers["grpc-status"]} ${answer.text}`,
        /^12|grpc-status: 12|unimplemented/,
      );
    });
  }

  test("is not gzip by its old name, nor in capitals", async (context) => {
    const { url, reranker } = await startServer(context);

    for (const encoding of ["x-gzip", "GZIP"]) {
      const headers = { "content-type": "application/proto", "content-encoding": encoding };
      assert.equal((await call(url, headers, { body: gzipSync(message) })).status, 200);
    }

    assert.equal(reranker.requests.length, 2);
  });
});

suite("flags of an envelope", () => {
  for (const type of ["application/grpc", "application/grpc-web", "application/connect+proto"]) {
    test(`that ${type} does not know are INTERNAL, and no fault of the server`, async (context) => {
      const { url, reranker, log } = await startServer(context);
      const path = type.includes("connect") ? teiStreamPath : rerankPath;

      for (const flags of [0x02, 0x04, 0x40]) {
        const body = envelopeOf(message, flags);
        const answer = await call(url, { "content-type": type }, { path, body });

        const status = `${answer.headers["grpc-status"]} ${answer.text}`;
        assert.match(status, /^13 |grpc-status: 13|"code":"internal"/);
        assert.match(
          `${answer.headers["grpc-message"]} ${answer.text}`,
          new RegExp(`0x0?${flags.toString(16)}`),
        );
      }
      assert.equal(reranker.requests.length, 0);
      assert(log.lines.every(({ level }) => level !== "error"));
    });
  }

  test("may tell of trailers of a gRPC-Web client, wherever the bytes are cut", async (context) => {
    const { port, reranker } = await startServer(context);
    const raw = await connectRaw(context, port);
    const body = Buffer.concat([envelopeOf(message), envelopeOf(Buffer.from("a: b\r\n"), 0x80)]);

    raw.socket.write(
      `POST ${rerankPath} HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc-web\r\n` +
        `content-length: ${body.length}\r\n\r\n`,
    );
    for (const byte of body) await new Promise((done) => raw.socket.write(Buffer.of(byte), done));

    await raw.until("grpc-status: 0");
    assert.equal(reranker.requests.length, 1);
  });
});

suite("the text form of gRPC-Web", () => {
  const type = "application/grpc-web-text";

  /** Returns the bytes of an answer whose chunks are in base64 each. */
  const decode = (text: string): string =>
    (text.match(/[\w+/]+={0,2}/g) ?? [])
      .map((run) => Buffer.from(run, "base64").toString("latin1"))
      .join("");

  test("is read and answered in base64", async (context) => {
    const { url } = await startServer(context);

    const answer = await call(
      url,
      { "content-type": type },
      {
        body: envelopeOf(message).toString("base64"),
      },
    );

    assert.equal(answer.headers["content-type"], "application/grpc-web-text+proto");
    assert.match(decode(answer.text), /fake-model[\s\S]*grpc-status: 0\r\n/);
  });

  test("may be padded where its sender paused", async (context) => {
    const { url, reranker } = await startServer(context);
    const bytes = envelopeOf(message);
    const body = [bytes.subarray(0, 4), bytes.subarray(4)].map((part) => part.toString("base64"));

    await call(url, { "content-type": type, accept: type }, { body: body.join("") });

    assert.equal(reranker.requests.length, 1);
  });

  test("is answered in bytes where the client asks for them, and the other way round", async (context) => {
    const { url } = await startServer(context);

    const bytes = await call(
      url,
      { "content-type": type, accept: "application/grpc-web" },
      { body: envelopeOf(message).toString("base64") },
    );
    const text = await call(url, { "content-type": "application/grpc-web", accept: type });

    assert.equal(bytes.headers["content-type"], "application/grpc-web+proto");
    assert.match(bytes.text, /grpc-status: 0/);
    assert.match(decode(text.text), /grpc-status: 0/);
  });

  for (const body of ["*", "AAAAA", "AAA", "A=AA", "\u0000\u0001"]) {
    test(`is INVALID_ARGUMENT for ${JSON.stringify(body)}`, async (context) => {
      const { url } = await startServer(context);

      const answer = await call(url, { "content-type": type }, { body });

      assert.match(decode(answer.text), /grpc-status: 3\r\n/);
      assert.match(decode(answer.text), /base64/);
    });
  }
});

suite("an answer that comes before the whole request was read", () => {
  const large = Buffer.alloc(300_000, "a");
  const calls = [
    { type: "application/json", path: rerankPath },
    { type: "application/grpc-web+proto", path: rerankPath },
    { type: "application/grpc+proto", path: rerankPath },
    { type: "application/grpc-web+proto", path: teiStreamPath },
    { type: "application/connect+proto", path: teiStreamPath },
  ];
  for (const { type, path } of calls) {
    for (const framing of ["chunked", "with a length"]) {
      test(`lets ${type} ${framing} go on with ${path}`, { timeout: 60_000 }, async (context) => {
        const { port } = await startServer(context, { limits: { maxBodyBytes: 10_000 } });
        const raw = await connectRaw(context, port);
        const body = type.includes("json") ? large : envelopeOf(large);
        const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\n`;
        const next = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";

        raw.socket.write(
          framing === "chunked"
            ? `${head}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`
            : `${head}content-length: ${body.length}\r\n\r\n`,
        );
        raw.socket.write(body.subarray(0, 100_000));
        await raw.until("HTTP/1.1 ");
        raw.socket.write(body.subarray(100_000));
        raw.socket.write(framing === "chunked" ? `\r\n0\r\n\r\n${next}` : next);

        await raw.until('"status":"ok"');
      });
    }
  }

  test("serves the next call of a client that keeps its connection", async (context) => {
    const { url } = await startServer(context, { limits: { maxBodyBytes: 10_000 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    context.after(() => agent.destroy());
    const headers = { "content-type": "application/json", "transfer-encoding": "chunked" };

    for (let sent = 0; sent < 3; sent += 1) {
      assert.equal((await call(url, headers, { body: large, agent })).status, 429);
    }
  });
});

suite("capTimeoutHeaders()", () => {
  const maxTimerMs = 2 ** 31 - 1;
  const cases = [
    { name: "grpc-timeout", value: "8760H", maxMs: maxTimerMs, capped: "2147483S" },
    { name: "grpc-timeout", value: "61M", maxMs: 3_600_000, capped: "3600000m" },
    { name: "grpc-timeout", value: "3601S", maxMs: 3_600_000, capped: "3600000m" },
    { name: "grpc-timeout", value: "60M", maxMs: 3_600_000, capped: "60M" },
    { name: "grpc-timeout", value: "500u", maxMs: 1, capped: "500u" },
    { name: "grpc-timeout", value: "1500u", maxMs: 1, capped: "1m" },
    { name: "grpc-timeout", value: "99999999n", maxMs: 1_000, capped: "99999999n" },
    { name: "grpc-timeout", value: "soon", maxMs: 1, capped: "soon" },
    { name: "connect-timeout-ms", value: "9999999999", maxMs: maxTimerMs, capped: "2147483647" },
    { name: "connect-timeout-ms", value: "10", maxMs: 1_000, capped: "10" },
    { name: "connect-timeout-ms", value: "soon", maxMs: 1, capped: "soon" },
  ];
  for (const { name, value, maxMs, capped } of cases) {
    test(`makes ${capped} of ${name} ${value} where ${maxMs} ms are the most`, () => {
      const headers = new Headers({ [name]: value });

      capTimeoutHeaders(headers, maxMs);

      assert.equal(headers.get(name), capped);
    });
  }

  test("adds no deadline", () => {
    const headers = new Headers();

    capTimeoutHeaders(headers, 1);

    assert.deepEqual([...headers], []);
  });
});
