import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createHubFetch, type Fetch } from "../../src/models/hub-fetch.ts";

suite("createHubFetch()", () => {
  for (const [url, expected] of [
    ["https://hub.example/api/models/a/b", "Bearer hf_secret"],
    ["https://hub.example:443/a/b/resolve/main/x", "Bearer hf_secret"],
    ["http://hub.example/api", null],
    ["https://hub.example:8443/api", null],
    ["https://hub.example.evil.example/api", null],
    ["https://cdn.example/x", null],
  ] as const) {
    test(`sends ${expected === null ? "no token" : "the token"} to ${url}`, async () => {
      const { fetch, seen } = recordingFetch();
      const hubFetch = createHubFetch({
        endpoint: "https://hub.example",
        token: "hf_secret",
        fetch,
      });

      await hubFetch(url, { headers: { authorization: "Bearer other" } });

      assert.equal(seen().get("authorization"), expected);
    });
  }

  test("rejects with the hub's code and its wish to wait", async () => {
    const headers = { "x-error-code": "GatedRepo", "retry-after": "3" };
    const fetch: Fetch = async () => new Response("no", { status: 403, headers });
    const hubFetch = createHubFetch({ endpoint: "https://hub.example", fetch });

    await assert.rejects(hubFetch("https://hub.example/x"), {
      name: "HubStatusError",
      status: 403,
      hubCode: "GatedRepo",
      retryAfterMs: 3000,
    });
  });
});

function recordingFetch() {
  let headers = new Headers();
  const fetch: Fetch = async (_input, init) => {
    headers = new Headers(init?.headers);
    return new Response("");
  };
  return { fetch, seen: () => headers };
}
