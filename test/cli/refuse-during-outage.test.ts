import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { refuseDuringOutage } from "../../src/cli/refuse-during-outage.ts";
import { createFakeBackend } from "../fakes/fake-backend.ts";
import { createFakeReranker } from "../fakes/fake-reranker.ts";

const request = { query: "q", documents: ["a"] };
const call = { signal: new AbortController().signal };

suite("refuseDuringOutage()", () => {
  test("refuses what comes during an outage, keeps what came before, and takes what comes after", async () => {
    const backend = createFakeBackend();
    const fake = createFakeReranker();
    const reranker = refuseDuringOutage(fake, backend);
    const before = reranker.rerank({ ...request, query: "hold" }, call);

    backend.changeOutage(250);
    await assert.rejects(reranker.rerank(request, call), {
      code: "unavailable",
      retryAfterMs: 250,
    });
    backend.changeOutage(undefined);
    const after = reranker.rerank(request, call);
    fake.releaseAll();

    assert.equal((await before).results.length, 1);
    assert.equal((await after).results.length, 1);
    assert.equal(fake.requests.length, 2);
  });
});
