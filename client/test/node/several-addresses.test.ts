import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RerankError } from "../../../src/errors.ts";
import { startServer } from "../../../test/server/start-server.ts";
import { connectClient, hasCode } from "../connect-client.ts";
import { startWireServer } from "../wire-server.ts";

const request = { query: "q", documents: ["a"] };

/** Calls until the condition holds. */
async function callUntil(call: () => Promise<unknown>, condition: () => boolean): Promise<void> {
  for (let calls = 0; !condition() && calls < 10_000; calls += 1) await call();
  assert(condition());
}

suite("a client of several addresses", () => {
  test("spreads calls over all servers", async (context) => {
    const first = await startServer(context);
    const second = await startServer(context);
    // One by name, one by number.
    const url = [`http://localhost:${first.port}`, second.url];
    const client = connectClient(context, { url });
    const counts = () => [first, second].map(({ reranker }) => reranker.requests.length);
    const call = () => client.rerank(request);
    await callUntil(call, () => counts().every((count) => count > 0));

    const before = counts();
    for (let calls = 0; calls < 20; calls += 1) await call();

    const shares = counts().map((count, index) => count - (before[index] ?? 0));
    assert(Math.min(...shares) > 5, `${shares}`);
  });

  test("loses no call when one server goes away", async (context) => {
    const servers = [await startServer(context), await startServer(context)];
    const [first, second] = servers;
    assert(first && second);
    const client = connectClient(context, { url: servers.map(({ url }) => url).join(",") });
    const call = () => client.rerank(request);
    await callUntil(call, () => servers.every(({ reranker }) => reranker.requests.length > 0));

    const drained = first.server.drain(20_000);
    for (let calls = 0; calls < 50; calls += 1) await call();
    assert.deepEqual(await drained, { clean: true });
    const before = second.reranker.requests.length;
    for (let calls = 0; calls < 50; calls += 1) await call();

    assert.equal(second.reranker.requests.length, before + 50);
  });

  test("tries a call again whose server goes away in the middle of its answer", async (context) => {
    const going = await startWireServer(
      context,
      { ":status": 200, "content-type": "application/grpc+proto" },
      { goesAway: true },
    );
    const staying = await startServer(context);
    const client = connectClient(context, { url: [going.url, staying.url] });

    const answers: unknown[] = [];
    const call = async () => answers.push(await client.rerank(request));
    await callUntil(call, () => going.received.length > 2);

    assert.equal(staying.reranker.requests.length, answers.length);
  });

  test("gives up a call that no server answers to its end", async (context) => {
    const headers = { ":status": 200, "content-type": "application/grpc+proto" };
    const servers = [
      await startWireServer(context, headers, { goesAway: true }),
      await startWireServer(context, headers, { goesAway: true }),
    ];
    const client = connectClient(context, { url: servers.map(({ url }) => url) });

    await assert.rejects(client.rerank(request), hasCode("unavailable"));

    assert.equal(servers.flatMap(({ received }) => received).length, 2);
  });

  test("tries a call again on another server while one is loading its model", async (context) => {
    const servers = [await startServer(context), await startServer(context)];
    const [loading, ready] = servers;
    assert(loading && ready);
    const client = connectClient(context, { url: servers.map(({ url }) => url) });
    const call = () => client.rerank(request);
    await callUntil(call, () => servers.every(({ reranker }) => reranker.requests.length > 0));
    let refused = 0;
    loading.reranker.rerank = () => {
      refused += 1;
      throw new RerankError("unavailable", "the model is loading");
    };

    for (let calls = 0; calls < 20; calls += 1) await call();

    assert(refused > 0);
  });

  test("starts with a server that is there when another is not", async (context) => {
    const gone = await startServer(context);
    gone.server.destroy();
    const ready = await startServer(context);
    const client = connectClient(context, { url: [gone.url, ready.url] });

    for (let calls = 0; calls < 5; calls += 1) await client.rerank(request);

    assert.equal(ready.reranker.requests.length, 5);
  });

  test("rejects with unavailable when all are gone, after a bounded number of tries", async (context) => {
    const servers = [await startServer(context), await startServer(context)];
    for (const { server } of servers) server.destroy();
    const client = connectClient(context, { url: servers.map(({ url }) => url) });

    await assert.rejects(client.rerank(request), hasCode("unavailable"));
  });

  test("tries one server four times at most", async (context) => {
    const { url, reranker } = await startServer(context);
    const client = connectClient(context, { url, transport: "grpc-js" });

    const call = client.rerank({ query: "loading", documents: [] });

    await assert.rejects(call, hasCode("unavailable", /loading/));
    assert.equal(reranker.requests.length, 4);
  });

  test("tries a request of several megabytes again", async (context) => {
    const { url, reranker } = await startServer(context);
    const client = connectClient(context, { url, transport: "grpc-js" });
    const { rerank } = reranker;
    let refused = 0;
    reranker.rerank = (request, call) => {
      if (refused === 1) return rerank(request, call);
      refused += 1;
      throw new RerankError("unavailable", "the model is loading");
    };

    const documents = new Array<string>(3).fill("a".repeat(1_000_000));
    const { results } = await client.rerank({ query: "q", documents });

    assert.equal(results.length, 3);
    assert.equal(refused, 1);
  });
});
