import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connectRaw, sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

suite("the absolute form of a target", () => {
  const targets = [
    { target: "http://any.example/health", status: "200 OK" },
    { target: "HTTPS://any.example:81/health?verbose=1", status: "200 OK" },
    { target: "http://any.example", status: "404 Not Found" },
    { target: "http://any.example?x=/health", status: "404 Not Found" },
  ];
  for (const { target, status } of targets) {
    test(`${target} means its path`, async (context) => {
      const { port } = await startServer(context);
      const raw = await connectRaw(context, port);

      raw.socket.write(`GET ${target} HTTP/1.1\r\nhost: other\r\nconnection: close\r\n\r\n`);
      await raw.closed;

      assert(raw.received().startsWith(`HTTP/1.1 ${status}\r\n`), raw.received());
    });
  }

  test("reaches RPCs, and lets their clients send a body that they ask about first", async (context) => {
    const { port } = await startServer(context);
    const raw = await connectRaw(context, port);

    const target = "http://any.example/rerank.v1.RerankService/Health";
    const headers = "content-type: application/json\r\ncontent-length: 2\r\nexpect: 100-continue";
    raw.socket.write(`POST ${target} HTTP/1.1\r\nhost: a b\r\n${headers}\r\n\r\n`);
    await raw.until("HTTP/1.1 100 Continue");
    raw.socket.write("{}");

    await raw.until("HTTP/1.1 200 OK");
  });
});

suite("the host of an HTTP/1.1 request", () => {
  const hosts = [
    { what: "no host", lines: "x-any: 1", message: "`host` must be sent once, got: none" },
    { what: "two hosts", lines: "host: a\r\nhost: a", message: "`host` must be sent once" },
    { what: "a host with a space", lines: "host: a b", message: "`host` must name a host" },
    { what: "a host with a path", lines: "host: a/b", message: "`host` must name a host" },
  ];
  for (const { what, lines, message } of hosts) {
    for (const path of ["/health", "/rerank.v1.RerankService/Health", "/nowhere"]) {
      test(`answers ${what} with 400 on ${path}`, async (context) => {
        const { port } = await startServer(context);
        const raw = await connectRaw(context, port);

        raw.socket.write(`GET ${path} HTTP/1.1\r\n${lines}\r\nconnection: close\r\n\r\n`);
        await raw.closed;

        assert.match(raw.received(), /^HTTP\/1\.1 400 [\s\S]*x-request-id: /i);
        assert(raw.received().includes(message), raw.received());
      });
    }
  }

  for (const host of ["", "[::1]:80", "my_service:7998", "localhost"]) {
    test(`may be \`${host}\``, async (context) => {
      const { port } = await startServer(context);
      const raw = await connectRaw(context, port);

      raw.socket.write(`GET /health HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      await raw.closed;

      assert.match(raw.received(), /^HTTP\/1\.1 200 /);
    });
  }

  test("may be missing in HTTP/1.0", async (context) => {
    const { port } = await startServer(context);
    const raw = await connectRaw(context, port);

    raw.socket.write("GET /health HTTP/1.0\r\n\r\n");
    await raw.closed;

    assert.match(raw.received(), /^HTTP\/1\.1 200 /);
  });
});

suite("a request that this server does not take", () => {
  test("gets 417 for an expectation that is none of HTTP's", async (context) => {
    const { port } = await startServer(context);
    const raw = await connectRaw(context, port);

    const headers = "host: a\r\nexpect: foo\r\nconnection: close";
    raw.socket.write(`GET /health HTTP/1.1\r\n${headers}\r\n\r\n`);
    await raw.closed;

    assert.match(raw.received(), /^HTTP\/1\.1 417 [\s\S]*x-request-id: /i);
    assert(raw.received().includes("`expect` must be `100-continue`, got: `foo`"), raw.received());
  });

  test("gets 405 for CONNECT, after the answers before it", async (context) => {
    const { port } = await startServer(context);
    const raw = await connectRaw(context, port);

    const health = "GET /health HTTP/1.1\r\nhost: a\r\n\r\n";
    raw.socket.write(`${health}CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n`);
    await raw.closed;

    assert.match(raw.received(), /^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 405 [\s\S]*allow: GET/);
    assert.match(raw.received(), /the method must not be CONNECT/);
  });

  test("may go away before the answer to its CONNECT", async (context) => {
    const { port, url, reranker } = await startServer(context);
    const raw = await connectRaw(context, port);

    const body = JSON.stringify({ query: "hold", documents: ["a"] });
    const headers = `host: a\r\ncontent-length: ${body.length}`;
    raw.socket.write(
      `POST /rerank HTTP/1.1\r\n${headers}\r\n\r\n${body}CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n`,
    );
    await reranker.until(() => reranker.held.length === 1);
    raw.socket.resetAndDestroy();
    await raw.closed;
    reranker.releaseAll();

    assert.equal((await sendHttp1(`${url}/health`)).status, 200);
  });
});
