import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type ClientReadableStream, status as Status } from "@grpc/grpc-js";
import { fakeServedModel } from "../../../fakes/fake-models.ts";
import { startServer } from "../../start-server.ts";
import {
  callUnary,
  createForeignClient,
  type ForeignClient,
  type ForeignMessage,
  hasStatus,
} from "../grpc-js-client.ts";

const healthService = "grpc.health.v1.Health";
const rerankService = "rerank.v1.RerankService";

/** Statuses by number, as in the .proto. */
const serving = 1;
const notServing = 2;
const serviceUnknown = 3;

function watch(client: ForeignClient, service: string) {
  const stream = client.watch?.({ service }) as ClientReadableStream<ForeignMessage>;
  stream.on("error", () => undefined);
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      stream.once("data", ({ status }: ForeignMessage) => resolve(status));
      stream.once("status", reject);
    });
  return { stream, next };
}

suite("grpc.health.v1.Health", () => {
  for (const service of ["", rerankService, healthService, "tei.v1.Rerank"]) {
    test(`Check follows the health of "${service}"`, async (context) => {
      const { port, health } = await startServer(context);
      const client = createForeignClient(context, port, healthService);
      const check = async () => (await callUnary(client, "check", { service })).status;

      assert.equal(await check(), serving);
      for (const status of ["starting", "restarting"] as const) {
        health.update({ status });
        assert.equal(await check(), notServing);
      }
      health.update({ status: "degraded", reason: "documents run on the cpu" });
      assert.equal(await check(), serving);
      health.update({ status: "ok" });
      assert.equal(await check(), serving);
    });
  }

  test("Check does not know other names", async (context) => {
    const { port } = await startServer(context);
    const client = createForeignClient(context, port, healthService);

    const call = callUnary(client, "check", { service: "no.Such" });

    await assert.rejects(call, hasStatus(Status.NOT_FOUND));
  });

  test("List has every name", async (context) => {
    const { port, health } = await startServer(context);
    health.update({ status: "starting" });
    const client = createForeignClient(context, port, healthService);

    const { statuses } = await callUnary(client, "list", {});

    assert.deepEqual(statuses, {
      "": { status: notServing },
      [rerankService]: { status: notServing },
      "tei.v1.Rerank": { status: notServing },
      "tei.v1.Info": { status: notServing },
      [healthService]: { status: notServing },
      "grpc.reflection.v1.ServerReflection": { status: notServing },
      "grpc.reflection.v1alpha.ServerReflection": { status: notServing },
      "fake-model": { status: notServing },
      "owner/alias": { status: notServing },
    });
  });

  test("has the status of each model under its names, and watches one alone", async (context) => {
    const other = fakeServedModel({ names: ["small", "owner/small"] });
    const { port, health } = await startServer(context, { models: [other] });
    const client = createForeignClient(context, port, healthService);
    const check = async (service: string) => (await callUnary(client, "check", { service })).status;
    const { next } = watch(client, "owner/small");
    assert.equal(await next(), serving);
    const second = next();

    health.update({ status: "restarting" });
    assert.deepEqual(
      [
        await check("fake-model"),
        await check("small"),
        await check(""),
        await check(rerankService),
      ],
      [notServing, serving, serving, serving],
    );
    other.health.update({ status: "restarting" });
    assert.equal(await second, notServing);
    assert.equal(await check(""), notServing);
  });

  test("Watch tells the status at once and then every change of it", async (context) => {
    const { port, health } = await startServer(context);
    const { next } = watch(createForeignClient(context, port, healthService), rerankService);

    assert.equal(await next(), serving);
    const second = next();
    health.update({ device: "cuda" });
    health.update({ status: "restarting" });
    assert.equal(await second, notServing);
    const third = next();
    health.update({ reason: "still" });
    health.update({ status: "ok" });
    assert.equal(await third, serving);
  });

  test("Watch answers an unknown name with SERVICE_UNKNOWN and stays", async (context) => {
    const { port, health } = await startServer(context);
    const client = createForeignClient(context, port, healthService);
    const { stream, next } = watch(client, "no.Such");
    assert.equal(await next(), serviceUnknown);
    const received: unknown[] = [];
    stream.on("data", (message) => received.push(message));

    health.update({ status: "restarting" });
    await callUnary(client, "check", { service: "" });

    assert.deepEqual(received, []);
    assert.equal(stream.destroyed, false);
  });

  test("Watch tells NOT_SERVING before it ends with a draining server", async (context) => {
    const { port, server } = await startServer(context);
    const { stream, next } = watch(createForeignClient(context, port, healthService), "");
    assert.equal(await next(), serving);
    const last = next();
    const ended = new Promise<{ code: number }>((resolve) => stream.once("status", resolve));

    const drained = server.drain(5_000);

    assert.equal(await last, notServing);
    assert.equal((await ended).code, Status.UNAVAILABLE);
    assert.deepEqual(await drained, { clean: true });
  });

  test("forgets a Watch whose client has gone", async (context) => {
    const { port, models } = await startServer(context);
    const subscriptions = countSubscriptions(models);
    const { stream, next } = watch(createForeignClient(context, port, healthService), "");
    await next();
    assert.equal(subscriptions.open(), 1);

    stream.cancel();

    await subscriptions.untilNone();
  });
});

/** Counts the listeners of a server's models from now on. */
function countSubscriptions(models: { subscribe(listener: () => void): () => void }): {
  open(): number;
  untilNone(): Promise<void>;
} {
  const subscribe = models.subscribe.bind(models);
  let open = 0;
  let onNone = (): void => undefined;
  models.subscribe = (listener) => {
    const unsubscribe = subscribe(listener);
    open += 1;
    return () => {
      open -= 1;
      unsubscribe();
      if (open === 0) onNone();
    };
  };
  return {
    open: () => open,
    untilNone: () =>
      new Promise((resolve) => {
        onNone = resolve;
        if (open === 0) resolve();
      }),
  };
}
