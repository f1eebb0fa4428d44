import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import {
  HealthRequestSchema,
  HealthResponseSchema,
  RerankService,
} from "../../../gen/rerank/v1/rerank_service_pb.ts";
import { type ClientTransport, createLazyTransport } from "../../src/call/client-transport.ts";

const call = { signal: new AbortController().signal, timeoutMs: 1_000 };

/** A transport that answers every call with an empty message. */
function createEmptyTransport(onClose: () => void): ClientTransport {
  return {
    unary: async (method) => create(method.output),
    async *stream() {},
    async close() {
      onClose();
    },
  };
}

suite("createLazyTransport()", () => {
  test("loads again with the next call after a load that failed", async () => {
    let loads = 0;
    let closed = 0;
    const transport = createLazyTransport(async () => {
      loads += 1;
      if (loads === 1) throw new Error("EMFILE: too many open files");
      return createEmptyTransport(() => {
        closed += 1;
      });
    });
    const askHealth = () =>
      transport.unary(RerankService.method.health, create(HealthRequestSchema), call);

    await assert.rejects(askHealth(), /EMFILE/);
    assert.deepEqual(await askHealth(), create(HealthResponseSchema));
    await askHealth();
    await transport.close();

    assert.deepEqual([loads, closed], [2, 1]);
  });

  test("has nothing to close where nothing was loaded", async () => {
    const transport = createLazyTransport(() => Promise.reject(new Error("no module")));

    await transport.close();
    await assert.rejects(
      transport.unary(RerankService.method.health, create(HealthRequestSchema), call),
    );
    await transport.close();
  });
});
