import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { openCallScope } from "../../src/client/call-scope.ts";
import { requestMessages } from "../../src/client/request-messages.ts";

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
