import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { sendHttp1 } from "../../http-client.ts";
import { startServer } from "../../start-server.ts";

/** What the Open Inference Protocol's health says, as `STATUS BODY` of ready and of live. */
async function healthOf(url: string): Promise<string[]> {
  const paths = ["/v2/health/ready", "/v2/health/live"];
  const answers = await Promise.all(paths.map((path) => sendHttp1(`${url}${path}`)));
  return answers.map(({ status, text }) => `${status} ${text.trim()}`);
}

suite("the health of the Open Inference Protocol", () => {
  for (const status of ["ok", "degraded"] as const) {
    test(`is ready while requests are answered: ${status}`, async (context) => {
      const { url, health } = await startServer(context);
      health.update({ status, reason: "of the test" });

      assert.deepEqual(await healthOf(url), ['200 {"ready":true}', '200 {"live":true}']);
    });
  }

  for (const status of ["starting", "restarting", "draining"] as const) {
    test(`lives and is not ready while they are not: ${status}`, async (context) => {
      const { url, health } = await startServer(context);
      health.update({ status, reason: "of the test" });

      assert.deepEqual(await healthOf(url), ['503 {"ready":false}', '200 {"live":true}']);
    });
  }

  test("needs no API key", async (context) => {
    const { url } = await startServer(context, { apiKeys: ["a-key-of-some-length"] });

    assert.deepEqual(await healthOf(url), ['200 {"ready":true}', '200 {"live":true}']);
  });
});
