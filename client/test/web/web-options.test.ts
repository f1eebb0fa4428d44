import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { webSettingsOf } from "../../src/web/web-options.ts";
import { createRerankClient, type WebRerankClientOptions } from "../../src/web.ts";
import { hasCode } from "../connect-client.ts";

/** Gives the process the address of a page until the test ends. */
function openPage(context: TestContext, origin: string): void {
  Object.defineProperty(globalThis, "location", { value: { origin }, configurable: true });
  context.after(() => Reflect.deleteProperty(globalThis, "location"));
}

const baseUrlOf = (url?: string) => webSettingsOf({ url }).baseUrl;

suite("webSettingsOf()", () => {
  test("has defaults for everything but the address", () => {
    const { headers, ...others } = webSettingsOf({ url: "http://localhost:7998" });

    assert.deepEqual(others, {
      baseUrl: "http://localhost:7998",
      transport: "connect",
      timeoutMs: 30_000,
      model: "",
      fallback: undefined,
    });
    assert.deepEqual([...headers], []);
  });

  test("takes what is given", () => {
    const fallback = { weightRecency: 0 };
    const given = { transport: "grpc-web", timeoutMs: Infinity, model: "m", fallback } as const;

    const { headers: _, baseUrl: __, ...others } = webSettingsOf({ url: "http://a", ...given });

    assert.deepEqual(others, given);
  });

  test("takes an address with or without a path, and no slash at its end", () => {
    assert.equal(baseUrlOf("https://rerank.example.com"), "https://rerank.example.com");
    assert.equal(baseUrlOf("http://[::1]:7998/"), "http://[::1]:7998");
    assert.equal(baseUrlOf("https://example.com/rerank//"), "https://example.com/rerank");
  });

  test("asks the origin of the page by default, or a path of it", (context) => {
    openPage(context, "https://app.example.com");

    assert.equal(baseUrlOf(), "https://app.example.com");
    assert.equal(baseUrlOf("/rerank/"), "https://app.example.com/rerank");
    assert.equal(baseUrlOf("http://localhost:7998"), "http://localhost:7998");
  });

  test("sends the API key as a bearer token beside the headers", () => {
    const { headers } = webSettingsOf({
      url: "http://a",
      apiKey: "k",
      headers: { "X-Team": "search" },
    });

    assert.deepEqual(Object.fromEntries(headers), {
      authorization: "Bearer k",
      "x-team": "search",
    });
  });

  const url = "http://a";
  const wrong: Readonly<Record<string, [WebRerankClientOptions, RegExp]>> = {
    "no address outside a page": [{}, /^`url` must be given outside a page$/],
    "a path outside a page": [{ url: "/rerank" }, /^`url` must be `http:\/\/host:port` or/],
    "a scheme without a host": [{ url: "http://" }, /^`url` must be `http:\/\/host:port` or/],
    "another scheme": [{ url: "unix:/run/a.sock" }, /^`url` must be `http` or.*got: `unix`$/],
    "a password": [{ url: "http://u:secret@a" }, /^`url` must have no user and password/],
    "a query": [{ url: "http://a/?q" }, /^`url` must have no query and no fragment$/],
    "a fragment": [{ url: "http://a/#f" }, /^`url` must have no query and no fragment$/],
    "a transport of Node": [
      { url, transport: "grpc" as "connect" },
      /^`transport` must be `connect` or `grpc-web`, got: `grpc`$/,
    ],
    "no time": [{ url, timeoutMs: 0 }, /^`timeoutMs` must be a number greater than 0, got: `0`$/],
    "a time that is no number": [{ url, timeoutMs: Number.NaN }, /`timeoutMs`.*got: `NaN`$/],
    "a key that no header holds": [{ url, apiKey: "a\nb" }, /^`headers`.*`authorization`$/],
    "the name of no header": [{ url, headers: { "a b": "c" } }, /^`headers`.*a bad `a b`$/],
    "a fallback that cannot be": [
      { url, fallback: { timeoutMs: -1 } },
      /^`fallback.timeoutMs` must be a number greater than 0/,
    ],
  };
  for (const [what, [options, message]] of Object.entries(wrong)) {
    test(`refuses ${what}, and names the option`, () => {
      assert.throws(() => createRerankClient(options), hasCode("invalid_argument", message));
    });
  }

  test("repeats no password, key or value of a header", () => {
    for (const options of [
      { url: "http://u:secret@[" },
      { url: "http://u:secret@a" },
      { url, apiKey: "secret\nx" },
      { url, headers: { authorization: "secret\nx" } },
    ]) {
      assert.throws(
        () => webSettingsOf(options),
        (error: Error) => !error.message.includes("secret"),
      );
    }
  });
});
