import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { callForText, callRerank } from "../../../page/src/logic/call-server.ts";
import { english } from "../../../page/src/text/english.ts";
import { faultSentence } from "../../../page/src/text/fault-sentence.ts";
import { korean } from "../../../page/src/text/korean.ts";

const body = { query: "q", documents: ["a"] };

/** A browser's fetch that gets this answer, and keeps what was asked. */
function answering(status: number, text: string, headers: Readonly<Record<string, string>> = {}) {
  const asked: RequestInit[] = [];
  const fetch = async (_path: unknown, init: RequestInit = {}) => {
    asked.push(init);
    return new Response(text, { status, headers });
  };
  return { fetch: fetch as typeof globalThis.fetch, asked };
}

async function faultOf(answer: ReturnType<typeof answering>, apiKey?: string) {
  const { fetch } = answer;
  return await callRerank(body, { fetch, apiKey }).then(
    () => assert.fail("nothing was wrong"),
    (error: { kind: string; message: string; retryAfter?: number }) => error,
  );
}

suite("callRerank()", () => {
  test("sends the key as a bearer, and none where there is none", async () => {
    const answer = answering(200, '{"model":"m","results":[],"usage":{"total_tokens":0}}');
    await callRerank(body, { fetch: answer.fetch, apiKey: "correct-horse" });
    await callRerank(body, { fetch: answer.fetch, apiKey: undefined });

    const keys = answer.asked.map(({ headers }) => new Headers(headers).get("authorization"));
    assert.deepEqual(keys, ["Bearer correct-horse", null]);
  });

  test("tells every kind of failure apart, with what the server said", async () => {
    const said = '{"message":"no"}';
    for (const [status, kind] of [
      [400, "invalid"],
      [401, "keyMissing"],
      [413, "tooLarge"],
      [422, "invalid"],
      [429, "busy"],
      [500, "server"],
      [503, "unavailable"],
      [504, "unavailable"],
    ] as const) {
      const fault = await faultOf(answering(status, said, { "retry-after": "7" }));
      assert.deepEqual([fault.kind, fault.message, fault.retryAfter], [kind, "no", 7], kind);
    }
    assert.equal((await faultOf(answering(401, said), "wrong-key")).kind, "keyWrong");
  });

  test("takes what is no answer of a rerank server for a failure", async () => {
    assert.equal((await faultOf(answering(502, "<html>Bad Gateway</html>"))).kind, "unavailable");
    for (const text of ["<html>", "{}", "null", "", '{"results":7}']) {
      assert.equal((await faultOf(answering(200, text))).kind, "server", text);
    }
    const broken = { fetch: () => Promise.reject(new TypeError("failed")), apiKey: undefined };
    await assert.rejects(callRerank(body, broken), { kind: "offline" });
    assert.equal(await callForText("/metrics", broken), undefined);
  });
});

suite("faultSentence()", () => {
  test("says what happened, what the server said, when to try again, and that nothing is lost", async () => {
    const fault = await faultOf(
      answering(429, '{"message":"the queue is full"}', { "retry-after": "2" }),
    );

    assert.equal(
      faultSentence(fault, english),
      "The server is busy. It said: the queue is full. Try again in 2 s. Nothing that you typed is lost.",
    );
    assert.match(faultSentence(fault, korean), /^서버가 바쁩니다\. .*2초 뒤에/);
    assert.match(faultSentence(new TypeError("x"), english), /^The server failed/);
  });
});
