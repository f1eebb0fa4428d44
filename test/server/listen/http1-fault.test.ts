import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { connectRaw } from "../http-client.ts";
import { startServer } from "../start-server.ts";

const body = JSON.stringify({ query: "hold", documents: ["a"] });

const good =
  "POST /rerank HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" +
  `content-length: ${body.length}\r\n\r\n${body}`;

const faults = [
  { what: "garbage", text: "\x00\x01garbage\r\n\r\n", status: 400 },
  {
    what: "headers that are too large",
    text: `GET / HTTP/1.1\r\na: ${"b".repeat(20_000)}`,
    status: 431,
  },
];

suite("good requests before a faulty one on their connection", () => {
  for (const { what, text, status } of faults) {
    test(`have their answers, then ${what} has its own`, async (context) => {
      const { port, reranker, log } = await startServer(context);
      const raw = await connectRaw(context, port);

      raw.socket.write(`${good}${good}${text}`);
      await reranker.until(() => reranker.held.length === 2);
      raw.socket.write("more of it");
      reranker.releaseAll();
      await raw.closed;

      const statuses = [...raw.received().matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code]) => code);
      assert.deepEqual(statuses, ["200", "200", String(status)]);
      await log.find(({ fields }) => fields.status === status);
    });
  }

  test("have their answers when the next one is cut off", async (context) => {
    const { port, reranker } = await startServer(context);
    const raw = await connectRaw(context, port);

    raw.socket.end(`${good}GET /hea`);
    await reranker.until(() => reranker.held.length === 1);
    reranker.releaseAll();
    await raw.closed;

    assert.match(raw.received(), /^HTTP\/1\.1 200 /);
  });

  test("do not hold up the answer to one whose body is broken", async (context) => {
    const { port } = await startServer(context);
    const raw = await connectRaw(context, port);

    raw.socket.write(
      "POST /rerank HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    );
    await raw.closed;

    assert.match(raw.received(), /^HTTP\/1\.1 400 /);
  });
});
