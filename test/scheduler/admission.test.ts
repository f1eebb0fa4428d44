import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Outlook, refusalOf, slackTokensOf } from "../../src/scheduler/admission.ts";

const limits = { maxQueueTokens: 1000, maxQueueMs: 500 };

/** A model of 1,000 tokens a second. */
const idle: Outlook = {
  queuedTokens: 0,
  aheadTokens: 0,
  ownTokens: 100,
  tokensPerSecond: 1000,
  timeoutMs: undefined,
};

suite("refusalOf()", () => {
  for (const { name, change } of [
    { name: "anything while nothing waits", change: { ownTokens: 5000 } },
    { name: "what just fits the queue", change: { queuedTokens: 900 } },
    { name: "what waits as long as allowed", change: { queuedTokens: 500, aheadTokens: 500 } },
    {
      name: "a longer wait within a deadline that leaves room for it",
      change: { queuedTokens: 800, aheadTokens: 800, timeoutMs: 1125 },
    },
    {
      name: "anything that fits while the speed is not known",
      change: { queuedTokens: 900, aheadTokens: 900, tokensPerSecond: undefined, timeoutMs: 1 },
    },
  ]) {
    test(`takes ${name}`, () => {
      assert.equal(refusalOf({ ...idle, ...change }, limits), undefined);
    });
  }

  for (const { name, change, message, retryAfterMs } of [
    {
      name: "what does not fit the queue",
      change: { queuedTokens: 901, aheadTokens: 100 },
      message: /^the queue is full; try again in about 1 s$/,
      retryAfterMs: 1,
    },
    {
      name: "what does not fit an empty queue either, until that is empty",
      change: { queuedTokens: 600, ownTokens: 5000 },
      message: /the queue is full/,
      retryAfterMs: 600,
    },
    {
      name: "what would wait too long",
      change: { queuedTokens: 800, aheadTokens: 800 },
      message: /wait too long/,
      retryAfterMs: 300,
    },
    {
      name: "what would end after its deadline",
      change: { queuedTokens: 300, aheadTokens: 300, timeoutMs: 450 },
      message: /not be done before its deadline/,
      retryAfterMs: 50,
    },
    {
      name: "what alone takes longer than its deadline",
      change: { timeoutMs: 50 },
      message: /not be done before its deadline/,
      retryAfterMs: 1,
    },
  ]) {
    test(`refuses ${name}`, () => {
      const refusal = refusalOf({ ...idle, ...change }, limits);

      assert.equal(refusal?.code, "resource_exhausted");
      assert.match(refusal.message, message);
      assert.equal(refusal.retryAfterMs, retryAfterMs);
    });
  }
});

suite("slackTokensOf()", () => {
  test("is what a deadline leaves, with caution", () => {
    const outlook = { ...idle, aheadTokens: 300, timeoutMs: 1250 };

    assert.equal(slackTokensOf(outlook), 600);
  });

  test("is infinite without a deadline or a known speed", () => {
    assert.equal(slackTokensOf(idle), Number.POSITIVE_INFINITY);
    const unknown = { ...idle, timeoutMs: 10, tokensPerSecond: undefined };
    assert.equal(slackTokensOf(unknown), Number.POSITIVE_INFINITY);
  });
});
