import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { HubStatusError } from "../../../src/models/hub/hub-fetch.ts";
import { InterruptedError, retry } from "../../../src/models/hub/retry.ts";

const policy = { attempts: 3, firstDelayMs: 1 };
const { signal } = new AbortController();

suite("retry()", () => {
  test("returns what a later attempt returns", async () => {
    const { attempt, count } = failing(2, new InterruptedError("cut"));

    assert.equal(await retry(attempt, policy, signal), "done");
    assert.equal(count(), 3);
  });

  test("gives up after the attempts of the policy, with the last error", async () => {
    const { attempt, count } = failing(99, new InterruptedError("cut"));

    await assert.rejects(retry(attempt, policy, signal), { message: "cut" });
    assert.equal(count(), 3);
  });

  test("counts anew after progress", async () => {
    const { attempt, count } = failing(6, new InterruptedError("cut"));
    const progressing = (progressed: () => void) => {
      if (count() === 1 || count() === 3) progressed();
      return attempt();
    };

    assert.equal(await retry(progressing, { ...policy, attempts: 4 }, signal), "done");
    assert.equal(count(), 7);
  });

  for (const status of [429, 500, 502, 503, 504]) {
    test(`tries again after a ${status}`, async () => {
      const { attempt } = failing(1, statusError(status));

      assert.equal(await retry(attempt, policy, signal), "done");
    });
  }

  for (const error of [
    statusError(401),
    statusError(404),
    new Error("a bug"),
    new TypeError("a bug"),
  ]) {
    test(`does not try again after ${error}`, async () => {
      const { attempt, count } = failing(1, error);

      await assert.rejects(retry(attempt, policy, signal), error);
      assert.equal(count(), 1);
    });
  }

  test("ends its wait on abort", async () => {
    const controller = new AbortController();
    const attempt = () => {
      setImmediate(() => controller.abort());
      return Promise.reject(statusError(503, { "retry-after": "20" }));
    };

    await assert.rejects(retry(attempt, policy, controller.signal), { name: "AbortError" });
  });
});

function statusError(status: number, headers: Record<string, string> = {}): HubStatusError {
  return new HubStatusError(new Response(null, { status, headers }));
}

function failing(failures: number, error: Error) {
  let calls = 0;
  const attempt = async () => {
    calls += 1;
    if (calls <= failures) throw error;
    return "done";
  };
  return { attempt, count: () => calls };
}
