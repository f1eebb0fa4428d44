import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { RerankError } from "../../src/errors.ts";
import { admit, hopelessRefusal, type Outlook } from "../../src/scheduler/admission.ts";

const limits = { maxQueueTokens: 1000, maxQueueMs: 500 };

/** A request of 100 ms beside others that wait; its size was measured lately. */
const busy: Outlook = {
  queuedTokens: 200,
  queueMs: 200,
  nothingWaits: false,
  isProbing: false,
  ownTokens: 100,
  waitMs: 200,
  ownMs: 100,
  leastOwnMs: 50,
  deadline: undefined,
};

const idle: Outlook = {
  ...busy,
  queuedTokens: 0,
  queueMs: 0,
  waitMs: 0,
  nothingWaits: true,
};

const within = (timeoutMs: number, grantedMs = timeoutMs) => ({
  deadline: { timeoutMs, grantedMs },
});

function refusalOf(outlook: Outlook): RerankError {
  try {
    admit(outlook, limits);
  } catch (error) {
    assert(error instanceof RerankError);
    assert.equal(error.code, "resource_exhausted");
    return error;
  }
  assert.fail("it was taken");
}

suite("admit()", () => {
  for (const { name, outlook } of [
    { name: "anything while nothing waits", outlook: { ...idle, ownTokens: 5000 } },
    { name: "what just fits the queue", outlook: { ...busy, queuedTokens: 900 } },
    { name: "what waits as long as allowed", outlook: { ...busy, waitMs: 500 } },
    {
      name: "what waits for the running batch alone, however long that is",
      outlook: { ...idle, waitMs: 5000 },
    },
    {
      name: "anything that fits while the speed is not known",
      outlook: {
        ...busy,
        queueMs: undefined,
        waitMs: undefined,
        ownMs: undefined,
        leastOwnMs: 0,
        ...within(1),
      },
    },
  ]) {
    test(`takes ${name}, and promises nothing`, () => {
      assert.deepEqual(admit(outlook, limits), {
        slackMs: Number.POSITIVE_INFINITY,
        isProbe: false,
      });
    });
  }

  test("promises what a deadline leaves, with caution", () => {
    assert.deepEqual(admit({ ...busy, ...within(1250) }, limits), {
      slackMs: 700,
      isProbe: false,
    });
    assert.equal(admit({ ...busy, waitMs: 800, ...within(1125) }, limits).slackMs, 0);
  });

  test("takes what may be late while nothing waits, without a promise", () => {
    assert.deepEqual(admit({ ...idle, ...within(60) }, limits), {
      slackMs: Number.POSITIVE_INFINITY,
      isProbe: true,
    });
    assert.equal(admit({ ...idle, ...within(110) }, limits).slackMs, 0);
  });

  test("takes what has little time left of enough, while nothing waits", () => {
    assert.equal(admit({ ...idle, waitMs: 300, ...within(1, 60) }, limits).isProbe, true);
  });

  test("tells a deadline that passed while the texts were read", () => {
    assert.throws(() => admit({ ...idle, ...within(0, 60) }, limits), {
      code: "deadline_exceeded",
    });
  });

  test("takes one request whose size was not measured lately while others wait", () => {
    const unmeasured = { ...busy, leastOwnMs: 0, ...within(10) };

    assert.equal(admit(unmeasured, limits).isProbe, true);
    assert.match(refusalOf({ ...unmeasured, isProbing: true }).message, /before its deadline/);
  });

  for (const { name, outlook, message, retryAfterMs, limit } of [
    {
      name: "what does not fit the queue",
      outlook: { ...busy, queuedTokens: 950, queueMs: 950 },
      message: /^the queue is full; try again in about 1 s$/,
      retryAfterMs: 50,
      limit: 1000,
    },
    {
      name: "what would wait too long",
      outlook: { ...busy, waitMs: 800 },
      message: /^the request would wait too long; try again/,
      retryAfterMs: 300,
      limit: 500,
    },
    {
      name: "what would end after its deadline",
      outlook: { ...busy, ...within(325) },
      message: /^the request would not be done before its deadline; try again/,
      retryAfterMs: 50,
      limit: 325,
    },
  ]) {
    test(`refuses ${name}, with the time until there may be space`, () => {
      const refusal = refusalOf(outlook);

      assert.match(refusal.message, message);
      assert.equal(refusal.retryAfterMs, retryAfterMs);
      assert.equal(refusal.limit, limit);
    });
  }

  for (const { name, outlook, message, limit } of [
    {
      name: "is larger than the queue, while others wait",
      outlook: { ...busy, ownTokens: 5000 },
      message:
        /^the request can never fit beside others: it has 5000 tokens, and the queue takes 1000 at most; send fewer or shorter documents$/,
      limit: 1000,
    },
    {
      name: "alone takes far longer than its deadline",
      outlook: { ...idle, ...within(49.5) },
      message:
        /^the request can never meet its deadline: its 100 tokens take about 100 ms, and its deadline allows 49 ms; send fewer or shorter documents, or allow more time$/,
      limit: 49,
    },
    {
      name: "alone takes far longer than its deadline, while others wait",
      outlook: { ...busy, ...within(49) },
      message: /can never meet its deadline/,
      limit: 49,
    },
  ]) {
    test(`tells for good a request that ${name}`, () => {
      const refusal = refusalOf(outlook);

      assert.match(refusal.message, message);
      assert.equal(refusal.retryAfterMs, undefined);
      assert.equal(refusal.limit, limit);
    });
  }
});

suite("hopelessRefusal()", () => {
  test("refuses only what is late at the very least", () => {
    const alone = { ownTokens: 9, ownMs: 300, leastOwnMs: 100, grantedMs: 100 };

    assert.equal(hopelessRefusal(alone), undefined);
    assert.match(hopelessRefusal({ ...alone, grantedMs: 99 })?.message ?? "", /never/);
  });
});
