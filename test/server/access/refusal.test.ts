import assert from "node:assert/strict";
import { once } from "node:events";
import { suite, test } from "node:test";
import { connectClient, hasCode, transportNames } from "../../../client/test/connect-client.ts";
import { createKeyRing } from "../../../src/server/access/api-keys.ts";
import { runProgram } from "../../run-program.ts";
import { connectHttp2, connectRaw, postRerank, sendHttp1 } from "../http-client.ts";
import { startServer } from "../start-server.ts";

const apiKeys = ["a-key"];

const request = { query: "q", documents: ["a"] };

suite("the refusal of a caller without a key", () => {
  test("comes before any of the body", async (context) => {
    const { url, port } = await startServer(context, { apiKeys });
    const raw = await connectRaw(context, port);
    const stream = connectHttp2(context, url).request({ ":method": "POST", ":path": "/rerank" });

    raw.socket.write("POST /rerank HTTP/1.1\r\nhost: x\r\ncontent-length: 30000000\r\n\r\n");
    await raw.until('"unauthenticated"');
    const [head] = await once(stream, "response");

    assert.equal(head[":status"], 401);
  });

  test("is no go-ahead for a client that asks before it sends the body", async (context) => {
    const { port } = await startServer(context, { apiKeys });
    const head =
      "POST /rerank HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\nexpect: 100-continue\r\n";
    const stranger = await connectRaw(context, port);
    const friend = await connectRaw(context, port);

    stranger.socket.write(`${head}\r\n`);
    friend.socket.write(`${head}x-api-key: a-key\r\n\r\n`);
    await stranger.closed;
    await friend.until("HTTP/1.1 100 Continue");

    assert.match(stranger.received(), /^HTTP\/1\.1 401 /);
  });

  test("closes the stream of one who goes on to send", async (context) => {
    const { url } = await startServer(context, { apiKeys });
    const stream = connectHttp2(context, url).request({
      ":method": "POST",
      ":path": "/rerank.v1.RerankService/RerankStream",
      "content-type": "application/grpc",
    });
    stream.on("error", () => undefined);
    stream.resume();
    stream.write(Buffer.alloc(1_000));

    await once(stream, "close");

    assert.equal(stream.sentHeaders[":path"], "/rerank.v1.RerankService/RerankStream");
  });

  test("has the shape that the clients of the route read", async (context) => {
    const { url } = await startServer(context, { apiKeys });

    const object = JSON.parse((await postRerank(url, request)).text);
    const tei = JSON.parse((await sendHttp1(`${url}/info`)).text);

    assert.equal(object.error.code, "unauthenticated");
    assert.equal(object.error.type, "authentication_error");
    assert.equal(object.detail, object.message);
    assert.equal(tei.error, object.message);
    assert.equal(tei.error_type, "Unauthorized");
  });

  test("is logged with its code and without the key that was shown", async (context) => {
    const { url, log } = await startServer(context, { apiKeys });

    await postRerank(url, request, { authorization: "Bearer guessed-key" });
    await postRerank(url, request, { "x-api-key": "a-key" });
    const { fields } = await log.find(({ fields: { code } }) => code === "unauthenticated");
    await log.find(({ fields: { code } }) => code === "ok");

    assert.deepEqual([fields.path, fields.status], ["/rerank", 401]);
    assert.doesNotMatch(JSON.stringify(log.lines), /guessed-key|a-key/);
  });
});

suite("createKeyRing()", () => {
  test("takes other keys from the next call on", async (context) => {
    const ring = createKeyRing(["old"]);
    const { url } = await startServer(context, { apiKeys: ring });
    const statusOf = async (key: string) =>
      (await postRerank(url, request, { "x-api-key": key })).status;

    const before = [await statusOf("old"), await statusOf("new")];
    ring.replace(["new"]);
    const after = [await statusOf("old"), await statusOf("new")];

    assert.deepEqual(
      [before, after],
      [
        [200, 401],
        [401, 200],
      ],
    );
  });

  test("lets nobody in without keys", () => {
    assert.equal(createKeyRing([]).holdsAny(["", "undefined"]), false);
  });
});

suite("a server without keys", () => {
  test("takes an empty bearer, which some clients always send", async (context) => {
    const { url } = await startServer(context);

    assert.equal((await postRerank(url, request, { authorization: "Bearer " })).status, 200);
  });
});

for (const transport of transportNames) {
  suite(`the client library over ${transport}`, () => {
    test("is let in by its apiKey, and kept out without", async (context) => {
      const { url } = await startServer(context, { apiKeys });
      const friend = connectClient(context, { url, transport, apiKey: "a-key" });
      const stranger = connectClient(context, { url, transport });
      const liar = connectClient(context, { url, transport, apiKey: "b-key" });
      const streamOf = (client: typeof friend) =>
        client
          .rerankStream([{ id: "a", request }])
          [Symbol.asyncIterator]()
          .next();

      assert.equal((await friend.rerank(request)).model, "fake-model");
      assert.equal((await streamOf(friend)).value?.id, "a");
      for (const client of [stranger, liar]) {
        const isRefused = hasCode("unauthenticated", /API key/);
        await assert.rejects(client.rerank(request), isRefused);
        await assert.rejects(streamOf(client), isRefused);
        assert.equal((await client.health()).status, "ok");
      }
    });
  });
}

suite("the commands that ask a server", () => {
  test("show the key of RERANKER_API_KEY", async (context) => {
    const { url } = await startServer(context, { apiKeys });
    const argv = ["rank", "-q", "q", "--url", url, "-"];
    const stdin = "one\ntwo\n";

    const friend = await runProgram(argv, { stdin, env: { RERANKER_API_KEY: "a-key" } });
    const stranger = await runProgram(argv, { stdin });
    const health = await runProgram(["health", "--url", url]);

    assert.deepEqual([friend.code, stranger.code, health.code], [0, 1, 0]);
    assert.match(stranger.stderr, /^error: unauthenticated: an API key is needed/);
  });
});
