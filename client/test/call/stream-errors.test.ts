import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startServer } from "../../../test/server/start-server.ts";
import { openCallScope } from "../../src/call/call-scope.ts";
import { requestMessages } from "../../src/call/request-messages.ts";
import { connectClient, hasCode, transportNames } from "../connect-client.ts";

suite("requestMessages()", () => {
  test("leaves what the transport throws into it to the transport", async (t) => {
    const scope = openCallScope({ timeoutMs: Number.POSITIVE_INFINITY, signals: [] });
    t.after(() => scope.close());
    const request = { id: "a", request: { query: "q", documents: ["d"] } };
    const messages = requestMessages([request, request], "", scope);
    await messages.next();

    await assert.rejects(messages.throw(new Error("the connection broke")), /connection broke/);

    assert(!scope.signal.aborted);
  });
});

suite("a stream over grpc-js", () => {
  test("gives its reader the answers that came before its error", async (context) => {
    const { url, reranker, server } = await startServer(context);
    const client = connectClient(context, { url, transport: "grpc-js" });
    const ids = ["a", "b", "c", "d"];
    const requests = [...ids.map((id) => ({ id, query: "q" })), { id: "e", query: "hold" }].map(
      ({ id, query }) => ({ id, request: { query, documents: ["a"] } }),
    );
    const answers = client.rerankStream(requests)[Symbol.asyncIterator]();
    const received = [(await answers.next()).value?.id];

    await reranker.until(() => reranker.held.length === 1);
    await delay(500);
    server.destroy();
    await delay(500);

    for (let left = ids.length - 1; left > 0; left -= 1) {
      received.push((await answers.next()).value?.id);
    }
    assert.deepEqual(received.sort(), ids);
    await assert.rejects(answers.next(), hasCode("unavailable"));
  });
});

suite("a header of bytes", () => {
  for (const transport of transportNames) {
    test(`is sent over ${transport}`, async (context) => {
      const { url } = await startServer(context);
      const client = connectClient(context, { url, transport, headers: { "x-bytes-bin": "AAEC" } });

      assert.equal((await client.health()).status, "ok");
    });
  }
});
