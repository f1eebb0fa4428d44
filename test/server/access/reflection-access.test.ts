import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { Metadata, status as Status } from "@grpc/grpc-js";
import {
  callUnary,
  collectStream,
  createForeignClient,
  hasStatus,
  openStream,
} from "../rpc/grpc-js-client.ts";
import { type StartOptions, startServer } from "../start-server.ts";

const services = [
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
] as const;

/** Asks both versions of reflection for the services; undefined where there is an error. */
async function listServices(context: TestContext, port: number, key?: string) {
  const metadata = new Metadata();
  if (key !== undefined) metadata.set("x-api-key", key);
  return await Promise.all(
    services.map(async (service) => {
      const client = createForeignClient(context, port, service);
      const stream = openStream(client, "serverReflectionInfo", {}, metadata);
      const ended = collectStream(stream);
      stream.write({ list_services: "" });
      stream.end();
      const { messages, error } = await ended;
      return error === undefined ? messages.length : error.code;
    }),
  );
}

const answered = [1, 1];
const refused = [Status.UNAUTHENTICATED, Status.UNAUTHENTICATED];
const missing = [Status.UNIMPLEMENTED, Status.UNIMPLEMENTED];

suite("reflection where there are API keys", () => {
  for (const [access, withoutKey, withKey] of [
    [undefined, answered, answered],
    ["open", answered, answered],
    ["key", refused, answered],
    ["off", refused, missing],
  ] as const) {
    test(`is for whom it should be: ${access ?? "by default"}`, async (context) => {
      const options: StartOptions = { apiKeys: ["a-key"], reflectionAccess: access };
      const { port } = await startServer(context, options);

      assert.deepEqual(await listServices(context, port), withoutKey);
      assert.deepEqual(await listServices(context, port, "a-key"), withKey);
    });
  }

  test("tells everybody how to probe, and lets nobody rank", async (context) => {
    const { port } = await startServer(context, { apiKeys: ["a-key"] });
    const health = createForeignClient(context, port, "grpc.health.v1.Health");
    const rerank = createForeignClient(context, port, "rerank.v1.RerankService");

    assert.equal((await callUnary(health, "check", {})).status, 1);
    await assert.rejects(
      callUnary(rerank, "rerank", { query: "q", documents: [] }),
      hasStatus(Status.UNAUTHENTICATED),
    );
  });
});

suite("reflection without API keys", () => {
  test("is not there when it is off, nor is its health", async (context) => {
    const { port } = await startServer(context, { reflectionAccess: "off" });
    const health = createForeignClient(context, port, "grpc.health.v1.Health");

    assert.deepEqual(await listServices(context, port), missing);
    await assert.rejects(
      callUnary(health, "check", { service: services[0] }),
      hasStatus(Status.NOT_FOUND),
    );
  });
});
