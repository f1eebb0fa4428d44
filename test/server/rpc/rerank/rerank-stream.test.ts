import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { status as Status } from "@grpc/grpc-js";
import { startServer } from "../../start-server.ts";
import {
  callUnary,
  collectStream,
  createForeignClient,
  type ForeignMessage,
  openStream,
} from "../grpc-js-client.ts";

const rerankService = "rerank.v1.RerankService";

const item = (id: string, request: object = {}, more: object = {}): ForeignMessage => ({
  id,
  request: { query: "q", documents: ["a"], ...request },
  ...more,
});

suite("RerankStream", () => {
  test("answers 1,000 requests with 20 in flight", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const stream = openStream(client, "rerankStream");
    const total = 1_000;
    let sent = 0;
    const send = (): void => {
      if (sent > total) return;
      if (sent === total) stream.end();
      else stream.write(item(String(sent), { documents: Array((sent % 5) + 1).fill("a") }));
      sent += 1;
    };
    const ended = collectStream(stream);
    stream.on("data", send);

    for (let started = 0; started < 20; started += 1) send();
    const { messages, error } = await ended;

    assert.equal(error, undefined);
    assert.equal(messages.length, total);
    assert.equal(new Set(messages.map(({ id }) => id)).size, total);
    for (const { id, response } of messages) {
      const { results } = response as { results: unknown[] };
      assert.equal(results.length, (Number(id) % 5) + 1);
    }
    assert.ok(reranker.maxActive <= 20);
  });

  test("answers each request as soon as it is ready", async (context) => {
    const { port, reranker } = await startServer(context);
    const stream = openStream(createForeignClient(context, port, rerankService), "rerankStream");
    const ended = collectStream(stream);
    const first = new Promise<ForeignMessage>((resolve) => stream.once("data", resolve));

    stream.write(item("slow", { query: "hold" }));
    stream.write(item("fast"));
    stream.end();
    assert.equal((await first).id, "fast");
    reranker.releaseAll();

    const { messages, error } = await ended;
    assert.deepEqual(
      messages.map(({ id }) => id),
      ["fast", "slow"],
    );
    assert.equal(error, undefined);
  });

  test("answers a request that fails with its own status and goes on", async (context) => {
    const { port, reranker } = await startServer(context);
    const stream = openStream(createForeignClient(context, port, rerankService), "rerankStream");
    const ended = collectStream(stream);
    const longId = "x".repeat(129);

    stream.write(item("twice", { query: "hold" }));
    stream.write(item("twice"));
    stream.write({ id: "none" });
    stream.write(item(longId));
    stream.write(item("empty", { query: "" }));
    stream.write(item("busy", { query: "busy" }));
    stream.write(item("bug", { query: "bug" }));
    stream.write(item("late", { query: "hold" }, { timeout_ms: 5 }));
    stream.write(item("good", { query: "good" }));
    stream.end();
    await reranker.until(
      () =>
        reranker.aborted.length === 1 &&
        reranker.held.length === 1 &&
        reranker.requests.some(({ query }) => query === "good"),
    );
    reranker.releaseAll();

    const { messages, error } = await ended;
    assert.equal(error, undefined);
    const errorOf = (id: string): { code?: number; message?: string } => {
      const found = messages.find((message) => message.id === id && message.error);
      return (found?.error ?? {}) as { code?: number; message?: string };
    };
    assert.equal(errorOf("twice").code, Status.INVALID_ARGUMENT);
    assert.match(errorOf("twice").message ?? "", /`id` must differ/);
    assert.equal(errorOf("none").code, Status.INVALID_ARGUMENT);
    assert.match(errorOf("none").message ?? "", /`request` must be set/);
    assert.equal(errorOf(longId.slice(0, 128)).code, Status.INVALID_ARGUMENT);
    assert.match(errorOf(longId.slice(0, 128)).message ?? "", /`id` .* got: 129/);
    assert.equal(errorOf("empty").code, Status.INVALID_ARGUMENT);
    assert.equal(errorOf("busy").code, Status.RESOURCE_EXHAUSTED);
    assert.deepEqual(errorOf("bug"), { code: Status.INTERNAL, message: "internal error" });
    assert.equal(errorOf("late").code, Status.DEADLINE_EXCEEDED);
    assert.deepEqual(
      messages.filter(({ response }) => response).map(({ id }) => id),
      ["good", "twice"],
    );
    assert.equal(messages.length, 9);
  });

  test("tells the reranker of each deadline, the request's or the stream's", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const stream = openStream(client, "rerankStream", { deadline: Date.now() + 60_000 });
    const ended = collectStream(stream);

    stream.write(item("none"));
    stream.write(item("shorter", {}, { timeout_ms: 5_000 }));
    stream.write(item("longer", {}, { timeout_ms: 600_000 }));
    stream.end();
    const { error } = await ended;
    const free = openStream(client, "rerankStream");
    const freeEnded = collectStream(free);
    free.write(item("free"));
    free.end();
    await freeEnded;

    assert.equal(error, undefined);
    const [none = 0, shorter, longer = 0, unlimited] = reranker.timeouts;
    for (const ofStream of [none, longer]) assert(ofStream > 30_000 && ofStream <= 60_000);
    assert.deepEqual([shorter, unlimited], [5_000, undefined]);
  });

  test("takes an id again once it was answered", async (context) => {
    const { port } = await startServer(context);
    const stream = openStream(createForeignClient(context, port, rerankService), "rerankStream");
    const ended = collectStream(stream);
    stream.once("data", () => {
      stream.write(item("same"));
      stream.end();
    });

    stream.write(item("same"));

    const { messages } = await ended;
    assert.ok(messages.every(({ response }) => response));
    assert.equal(messages.length, 2);
  });

  test("reads no further while the limit is in flight", async (context) => {
    const { port, reranker } = await startServer(context, { limits: { maxStreamInFlight: 3 } });
    const stream = openStream(createForeignClient(context, port, rerankService), "rerankStream");
    const ended = collectStream(stream);
    const total = 10;

    for (let id = 0; id < total; id += 1) stream.write(item(String(id), { query: "hold" }));
    stream.end();
    while (reranker.requests.length < total) {
      await reranker.until(
        () => reranker.held.length === Math.min(3, total - reranker.requests.length + 3),
      );
      reranker.held[0]?.release();
    }
    reranker.releaseAll();

    const { messages, error } = await ended;
    assert.equal(error, undefined);
    assert.equal(messages.length, total);
    assert.equal(reranker.maxActive, 3);
  });

  test("aborts everything in flight when the client cancels", async (context) => {
    const { port, reranker } = await startServer(context);
    const stream = openStream(createForeignClient(context, port, rerankService), "rerankStream");
    const ended = collectStream(stream);

    for (let id = 0; id < 5; id += 1) stream.write(item(String(id), { query: "hold" }));
    await reranker.until(() => reranker.held.length === 5);
    stream.cancel();

    assert.equal((await ended).error?.code, Status.CANCELLED);
    await reranker.until(() => reranker.aborted.length === 5);
    assert.deepEqual(new Set(reranker.aborted), new Set(["cancelled"]));
  });

  test("ends with DEADLINE_EXCEEDED when the deadline of the stream passes", async (context) => {
    const { port, reranker } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    // Opens the connection, so that the time is spent on the call alone.
    await callUnary(client, "health", {});
    const stream = openStream(client, "rerankStream", { deadline: Date.now() + 500 });
    const ended = collectStream(stream);

    stream.write(item("a", { query: "hold" }));

    assert.equal((await ended).error?.code, Status.DEADLINE_EXCEEDED);
    await reranker.until(() => reranker.aborted.length === 1);
  });

  test("answers what came before a message that cannot be decoded", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, rerankService);
    const identity = (bytes: Buffer): Buffer => bytes;
    const path = "/rerank.v1.RerankService/RerankStream";
    const stream = client.makeBidiStreamRequest(path, identity, identity);
    const received: Buffer[] = [];
    stream.on("data", (bytes: Buffer) => received.push(bytes));
    const ended = new Promise<{ code: number; details: string }>((resolve) => {
      stream.on("error", () => undefined);
      stream.on("status", resolve);
    });

    // {id: "a", request: {query: "q"}}, then a field that claims more bytes than there are.
    stream.write(Buffer.from("0a0161" + "1203" + "0a0171", "hex"));
    stream.write(Buffer.from([0x0a, 100, 1]));

    const { code, details } = await ended;
    assert.equal(code, Status.INVALID_ARGUMENT);
    assert.equal(details, "the request is not a valid protobuf message");
    assert.equal(received.length, 1);
    assert.equal(received[0]?.subarray(0, 3).toString("hex"), "0a0161");
  });

  test("does not hold one stream back by another that is not read", async (context) => {
    const { port, reranker } = await startServer(context, { limits: { maxStreamInFlight: 2 } });
    const client = createForeignClient(context, port, rerankService);
    const unread = openStream(client, "rerankStream");
    unread.on("error", () => undefined);
    const text = "x".repeat(1024 * 1024);
    for (let id = 0; id < 20; id += 1) {
      unread.write(item(String(id), { documents: [text], return_documents: true }));
    }
    await reranker.until(() => reranker.requests.length > 0);

    const stream = openStream(createForeignClient(context, port, rerankService), "rerankStream");
    const ended = collectStream(stream);
    stream.write(item("good"));
    stream.end();

    assert.equal((await ended).messages.length, 1);
    unread.cancel();
  });
});
