import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { StartupError } from "../../../src/errors.ts";
import { createHubFetch, type Fetch, HubStatusError } from "../../../src/models/hub/hub-fetch.ts";

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

  for (const [url, asked] of [
    [
      "https://huggingface.co/api/models/a/b/tree/main?cursor=2",
      "/api/models/a/b/tree/main?cursor=2",
    ],
    ["https://hub.example/mirror/api/models/a/b/tree/main", "/api/models/a/b/tree/main"],
    ["http://hub.example/api/models/a/b/tree/main", "/api/models/a/b/tree/main"],
  ] as const) {
    test(`asks the mirror for the next page ${url}`, async () => {
      const { fetch, seen, url: last } = recordingFetch();
      const endpoint = "https://hub.example/mirror";

      await createHubFetch({ endpoint, token: "hf_secret", fetch })(url);

      assert.equal(last(), `${endpoint}${asked}`);
      assert.equal(seen().get("authorization"), "Bearer hf_secret");
    });
  }

  for (const token of ["hf_Ω", "hf_a b", "“hf_secret”"]) {
    test(`refuses the token ${token}, which no header carries`, () => {
      assert.throws(
        () => createHubFetch({ endpoint: "https://hub.example", token }),
        (error) => {
          assert(error instanceof StartupError);
          assert.match(error.message, /token has characters that no token has/);
          assert(!`${error.message} ${error.hint}`.includes(token));
          return true;
        },
      );
    });
  }

  test("reads a date and the hub's own header as a wish to wait", async () => {
    const waitOf = async (headers: Record<string, string>) => {
      const fetch: Fetch = async () => new Response("", { status: 429, headers });
      const hubFetch = createHubFetch({ endpoint: "https://hub.example", fetch });
      const error = await hubFetch("https://hub.example/x").catch((caught: unknown) => caught);
      return error instanceof HubStatusError ? error.retryAfterMs : undefined;
    };

    const inTwoMinutes = new Date(Date.now() + 120_000).toUTCString();
    const waitMs = (await waitOf({ "retry-after": inTwoMinutes })) ?? 0;
    assert(waitMs > 110_000 && waitMs <= 120_000, String(waitMs));
    assert.equal(await waitOf({ ratelimit: '"api";r=0;t=55' }), 55_000);
    assert.equal(await waitOf({ "retry-after": "soon" }), undefined);
    assert.equal(await waitOf({}), undefined);
  });

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
  let url = "";
  const fetch: Fetch = async (input, init) => {
    url = String(input);
    headers = new Headers(init?.headers);
    return new Response("");
  };
  return { fetch, seen: () => headers, url: () => url };
}
