import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createIdleServer, startServer } from "../../test/server/start-server.ts";
import { RerankClientError, type RerankRequest, type RerankStreamAnswer } from "../src/index.ts";
import { connectClient, hasCode, transportNames } from "./connect-client.ts";

for (const transport of transportNames) {
  suite(`a client over ${transport}`, () => {
    test("gets a ranking as plain values", async (context) => {
      const { url } = await startServer(context);
      const client = connectClient(context, { url, transport });

      const response = await client.rerank({
        query: "long q",
        documents: ["", "bb"],
        returnDocuments: true,
        returnTimings: true,
      });

      assert.deepEqual(response, {
        model: "fake-model",
        results: [
          { index: 1, relevanceScore: Math.fround(0.02), document: "bb", truncated: false },
          { index: 0, relevanceScore: 0, document: "", truncated: false },
        ],
        totalTokens: 2,
        queryTruncated: true,
        timings: { tokenizationMs: 1.25, queueMs: 2.5, inferenceMs: 3.5, totalMs: 7.500000000001 },
      });
    });

    test("sends every field, and its own model where the request has none", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport, model: "fake-model" });
      const request = { query: "q", documents: ["a"], topN: 1, rawScores: true, truncate: false };

      await client.rerank(request);
      await client.rerank({ query: "q", documents: [] });
      await assert.rejects(
        client.rerank({ query: "q", documents: [], model: "other" }),
        hasCode("not_found", /`model`/),
      );

      const [first, second] = reranker.requests;
      assert.equal(first?.model, "fake-model");
      assert.deepEqual([first?.topN, first?.rawScores, first?.truncate], [1, true, false]);
      assert.deepEqual([second?.topN, second?.truncate], [undefined, undefined]);
    });

    test("sends text that is no valid Unicode as UTF-8 has it", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport });

      await client.rerank({ query: "q\ud83d", documents: ["\ude42a", "🙂"] });

      assert.equal(reranker.requests[0]?.query, "q\ufffd");
      assert.deepEqual(reranker.requests[0]?.documents, ["\ufffda", "🙂"]);
    });

    test("takes a threshold that no float32 reaches for the greatest one", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport });

      for (const scoreThreshold of [0.1, 1e39, -1e39]) {
        await client.rerank({ query: "q", documents: [], scoreThreshold });
      }

      const greatest = 2 ** 128 - 2 ** 104;
      assert.deepEqual(
        reranker.requests.map(({ scoreThreshold }) => scoreThreshold),
        [Math.fround(0.1), greatest, -greatest],
      );
    });

    test("asks for windows, and tells the passage that won", async (context) => {
      const { url, reranker } = await startServer(context);
      reranker.rerank = async (request) => {
        const { longDocuments, truncationDirection, maxTokensPerDocument, scoreThreshold } =
          request;
        assert.deepEqual(
          { longDocuments, truncationDirection, maxTokensPerDocument, scoreThreshold },
          {
            longDocuments: "windows",
            truncationDirection: "left",
            maxTokensPerDocument: 900,
            scoreThreshold: 0.25,
          },
        );
        return {
          model: "fake-model",
          results: [
            { index: 0, relevanceScore: 0.5, truncated: false, passage: { start: 2, end: 4 } },
          ],
          totalTokens: 2,
          queryTruncated: false,
          timings: { tokenizationMs: 0, queueMs: 0, inferenceMs: 0, totalMs: 0 },
        };
      };
      const client = connectClient(context, { url, transport });

      const { results } = await client.rerank({
        query: "q",
        documents: ["😀 ab"],
        returnDocuments: true,
        longDocuments: "windows",
        truncationDirection: "left",
        maxTokensPerDoc: 900,
        scoreThreshold: 0.25,
      });

      assert.deepEqual(results[0]?.passage, { start: 2, end: 4, text: "ab" });
      await assert.rejects(
        client.rerank({ query: "q", documents: [], longDocuments: "window" as "windows" }),
        hasCode("invalid_argument", /`longDocuments` must be `truncate` or `windows`/),
      );
    });

    test("reads the health", async (context) => {
      const { url, health } = await startServer(context);
      const client = connectClient(context, { url, transport });
      health.update({ status: "restarting", reason: "a crash" });

      const facts = {
        status: "restarting",
        device: "cpu",
        workers: 2,
        threads: 1,
        dtype: "int8",
        maxLength: 512,
        activation: "sigmoid",
        reason: "a crash",
      };
      assert.deepEqual(await client.health(), {
        model: "fake-model",
        ...facts,
        version: "0.0.0",
        models: [{ name: "fake-model", aliases: ["owner/alias"], ...facts }],
      });
    });

    const failures = [
      { query: "", code: "invalid_argument", message: /^`query` must not be empty/ },
      { query: "loading", code: "unavailable", message: /the model is loading/ },
      { query: "bug", code: "internal", message: /^internal error$/ },
    ];
    for (const { query, code, message } of failures) {
      test(`rejects with ${code} for the query "${query}"`, async (context) => {
        const { url } = await startServer(context);
        const client = connectClient(context, { url, transport });

        const call = client.rerank({ query, documents: ["a"] });

        await assert.rejects(call, hasCode(code, message));
      });
    }

    test("is told how long to wait when the server is busy", async (context) => {
      const { url } = await startServer(context);
      const client = connectClient(context, { url, transport });

      const call = client.rerank({ query: "busy", documents: ["a"] });

      await assert.rejects(call, (error) => {
        assert(error instanceof RerankClientError);
        assert.equal(error.code, "resource_exhausted");
        assert.equal(error.retryAfterMs, 1_500);
        return true;
      });
    });

    test("rejects a request that no message can hold, without a call", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport });
      const documents = ["a", 7 as unknown as string];

      const rejected = hasCode("invalid_argument", /^`documents\[1\]` must be a string/);
      await assert.rejects(client.rerank({ query: "q", documents }), rejected);
      await assert.rejects(
        client.rerank({ query: "q", documents: [], topN: 1.5 }),
        hasCode("invalid_argument", /^`topN` must be a whole number of 0 or more, got: `1.5`$/),
      );
      for (const [fields, message] of [
        [{ model: 5 }, /^`model` must be a string, got: `number`$/],
        [{ instruction: {} }, /^`instruction` must be a string, got: `object`$/],
        [{ rawScores: "false" }, /^`rawScores` must be a boolean, got: `string`$/],
        [{ returnDocuments: 1 }, /^`returnDocuments` must be a boolean, got: `number`$/],
      ] as const) {
        const request = { query: "q", documents: ["a"], ...fields } as unknown as RerankRequest;
        await assert.rejects(client.rerank(request), hasCode("invalid_argument", message));
      }
      await assert.rejects(
        client.rerank(undefined as unknown as RerankRequest),
        hasCode("invalid_argument", /^`request` must be an object, got: `undefined`$/),
      );
      await assert.rejects(
        client.rerank({ query: "q", documents: [] }, { signal: 5 as unknown as AbortSignal }),
        hasCode("invalid_argument", /^`signal` must be an AbortSignal, got: `number`$/),
      );
      assert.equal(reranker.requests.length, 0);
    });

    test("rejects with resource_exhausted what is too large, either way", async (context) => {
      const { url } = await startServer(context);
      const client = connectClient(context, { url, transport, maxMessageBytes: 1_000 });
      const tooLarge = hasCode("resource_exhausted");

      await assert.rejects(client.rerank({ query: "q", documents: ["a".repeat(2_000)] }), tooLarge);
      // Each document costs more bytes in the answer than in the request.
      const documents = Array<string>(300).fill("a");
      await assert.rejects(client.rerank({ query: "q", documents }), tooLarge);
    });

    test("ends a call at its deadline, and tells the server of it", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport });
      await client.health();

      const call = client.rerank({ query: "hold", documents: ["a"] }, { timeoutMs: 500 });

      await assert.rejects(call, hasCode("deadline_exceeded"));
      await reranker.until(() => reranker.aborted.length === 1);
      const [timeoutMs] = reranker.timeouts;
      assert(timeoutMs !== undefined && timeoutMs <= 500);
    });

    test("has a deadline of its own, which a call can lift", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport, timeoutMs: 60_000 });

      await client.rerank({ query: "q", documents: [] });
      await client.rerank({ query: "q", documents: [] }, { timeoutMs: Number.POSITIVE_INFINITY });

      const [first, second] = reranker.timeouts;
      assert(first !== undefined && first <= 60_000);
      assert.equal(second, undefined);
    });

    test("rejects with the signal's reason, and the server is told", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport });
      const leave = new AbortController();
      const reason = new Error("the user left");

      const call = client.rerank({ query: "hold", documents: ["a"] }, { signal: leave.signal });
      const rejected = assert.rejects(call, (error) => error === reason);
      await reranker.until(() => reranker.held.length === 1);
      leave.abort(reason);

      await rejected;
      await reranker.until(() => reranker.aborted.length === 1);
      await assert.rejects(
        client.rerank({ query: "q", documents: [] }, { signal: leave.signal }),
        (error) => error === reason,
      );
      assert.equal(reranker.requests.length, 1);
    });

    test("rejects with unavailable where nobody listens", async (context) => {
      const { url, server } = await startServer(context);
      server.destroy();
      const client = connectClient(context, { url, transport });

      await assert.rejects(client.rerank({ query: "q", documents: [] }), hasCode("unavailable"));
    });

    test("rejects with unavailable when the server is gone mid-call", async (context) => {
      const { url, server, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport });
      const call = client.rerank({ query: "hold", documents: ["a"] });
      const rejected = assert.rejects(call, hasCode("unavailable"));
      await reranker.until(() => reranker.held.length === 1);

      server.destroy();

      await rejected;
    });

    test("finds a server that was started again", async (context) => {
      const { url, server, port } = await startServer(context);
      const client = connectClient(context, { url, transport });
      await client.health();
      server.destroy();
      await assert.rejects(client.health(), hasCode("unavailable"));

      const again = createIdleServer();
      context.after(() => again.destroy());
      await again.listen({ host: "127.0.0.1", port });

      let status = "";
      for (let tries = 0; status === "" && tries < 1_000; tries += 1) {
        const health = await client.health().catch(() => undefined);
        status = health?.status ?? "";
      }
      assert.equal(status, "starting");
    });

    test("ends what is in flight when it is closed, and calls nobody any more", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport });
      const call = client.rerank({ query: "hold", documents: ["a"] });
      const closed = hasCode("cancelled", /the client is closed/);
      const rejected = assert.rejects(call, closed);
      await reranker.until(() => reranker.held.length === 1);

      await client[Symbol.asyncDispose]();

      await rejected;
      await reranker.until(() => reranker.aborted.length === 1);
      await assert.rejects(client.health(), closed);
      await assert.rejects(client.rerankOrFallback("q", [{ text: "a", similarity: 1 }]), closed);
      await client.close();
    });

    test("can be closed before its first call", async (context) => {
      const { url } = await startServer(context);

      await connectClient(context, { url, transport }).close();
    });
  });

  suite(`a stream over ${transport}`, () => {
    test("answers 1,000 requests, those that fail with their own error", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport });
      const count = 1_000;
      function* requests() {
        for (let sent = 0; sent < count; sent += 1) {
          const query = sent % 10 === 3 ? "busy" : "q";
          yield { id: `${sent}`, request: { query, documents: ["a", "bbb"] }, timeoutMs: 60_000 };
        }
      }

      const answers = new Map<string, RerankStreamAnswer>();
      for await (const answer of client.rerankStream(requests())) answers.set(answer.id, answer);

      assert.equal(answers.size, count);
      for (const [id, { response, error }] of answers) {
        if (Number(id) % 10 === 3) assert.equal(error?.code, "resource_exhausted");
        else
          assert.deepEqual(
            response?.results.map(({ index }) => index),
            [1, 0],
          );
      }
      assert(reranker.maxActive <= 64);
    });

    test("takes requests from an async source and leaves it closed", async (context) => {
      const { url } = await startServer(context);
      const client = connectClient(context, { url, transport });
      let closed = false;
      async function* requests() {
        try {
          for (const id of ["a", "b"]) yield { id, request: { query: "q", documents: [id] } };
        } finally {
          closed = true;
        }
      }

      const ids = [];
      for await (const { id } of client.rerankStream(requests())) ids.push(id);

      assert.deepEqual(ids.sort(), ["a", "b"]);
      assert.equal(closed, true);
    });

    test("ends the call when its answers are left, even while the source waits", async (context) => {
      const { url, reranker } = await startServer(context);
      const client = connectClient(context, { url, transport });
      let closed = 0;
      // Its third request never comes.
      const source = {
        sent: 0,
        [Symbol.asyncIterator]() {
          return this;
        },
        next(): Promise<IteratorResult<{ id: string; request: { query: string; documents: [] } }>> {
          this.sent += 1;
          if (this.sent > 2) return new Promise(() => undefined);
          const query = this.sent === 1 ? "hold" : "q";
          const value = { id: `${this.sent}`, request: { query, documents: [] as [] } };
          return Promise.resolve({ done: false, value });
        },
        return() {
          closed += 1;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      };

      for await (const { id } of client.rerankStream(source)) {
        assert.equal(id, "2");
        break;
      }

      await reranker.until(() => reranker.aborted.length === 1);
      assert.equal(closed, 1);
    });

    test("rejects with the error of its source", async (context) => {
      const { url } = await startServer(context);
      const client = connectClient(context, { url, transport });
      const reason = new Error("the source failed");
      async function* requests() {
        yield { id: "a", request: { query: "q", documents: [] } };
        throw reason;
      }

      await assert.rejects(collect(client.rerankStream(requests())), (error) => error === reason);
      const bad = [{ id: "a", request: { query: "q", documents: [], topN: -1 } }];
      await assert.rejects(collect(client.rerankStream(bad)), hasCode("invalid_argument", /topN/));
    });

    test("rejects at its deadline, on an abort, and when the server goes", async (context) => {
      const { url, reranker, server } = await startServer(context);
      const client = connectClient(context, { url, transport });
      const held = [{ id: "a", request: { query: "hold", documents: [] } }];
      const reason = new Error("the user left");
      await client.health();

      await assert.rejects(
        collect(client.rerankStream(held, { timeoutMs: 300 })),
        hasCode("deadline_exceeded"),
      );
      const leave = new AbortController();
      const { signal } = leave;
      const aborted = assert.rejects(
        collect(client.rerankStream(held, { signal })),
        (error) => error === reason,
      );
      await reranker.until(() => reranker.held.length === 1);
      leave.abort(reason);
      await aborted;
      await reranker.until(() => reranker.held.length === 0);
      const gone = assert.rejects(collect(client.rerankStream(held)), hasCode("unavailable"));
      await reranker.until(() => reranker.held.length === 1);
      server.destroy();
      await gone;
    });
  });
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
