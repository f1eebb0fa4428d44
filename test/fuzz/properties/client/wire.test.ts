import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { RerankClientError } from "../../../../client/src/call/client-error.ts";
import { detailsOfStatus, retryAfterMsOf } from "../../../../client/src/call/parse-retry-after.ts";
import { AddressError, parseAddresses } from "../../../../client/src/call/server-address.ts";
import { errorOfStatus } from "../../../../client/src/call/wire-error.ts";
import { retryInfoOf } from "../../../../src/server/rpc/connect-error.ts";
import { allowing, checkProperty, damaged, secret } from "../check-property.ts";

suite("properties of what a client reads", () => {
  test("a URL is addresses that can be called, or an error without its password", async () => {
    const urls = fc.oneof(
      damaged(fc.constantFrom("http://a:1", "https://b/c", "[::1]:7998", "a,b:2", "h\u00e9:1")),
      fc.constantFrom(`http://user:${secret}@host`, `user:${secret}@host:1`, `http://[${secret}`),
      fc.webUrl(),
      fc.string(),
    );
    await checkProperty(
      fc.property(urls, (url) => {
        const addresses = allowing([AddressError], () => parseAddresses(url));
        for (const { baseUrl, hostPort } of addresses ?? []) {
          assert(URL.canParse(baseUrl));
          assert.match(hostPort, /:\d+$/);
        }
      }),
      500,
    );
  });

  test("the time to wait is one of 0 or more, or undefined, whatever bytes came", async () => {
    const right = fc.integer({ min: 0, max: 1e6 }).map((ms) => retryInfoOf(ms).value);
    const value = fc.oneof(
      right,
      fc.uint8Array({ maxLength: 30 }),
      fc
        .tuple(right, fc.nat(), fc.nat(255))
        .map(([bytes, at, byte]) => bytes.with(at % bytes.length, byte)),
    );
    const header = fc.oneof(fc.string(), fc.integer().map(String), fc.constant(null));
    await checkProperty(
      fc.property(value, header, (bytes, text) => {
        const ms = retryAfterMsOf([{ type: "google.rpc.RetryInfo", value: bytes }], text);
        assert(ms === undefined || ms >= 0, String(ms));
      }),
      500,
    );
  });

  test("the details of a status are read as far as they can be", async () => {
    await checkProperty(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        assert(Array.isArray(detailsOfStatus(bytes)));
      }),
      500,
    );
  });

  test("any status is an error of the client", async () => {
    const ends = fc.record({
      status: fc.oneof(fc.integer(), fc.double()),
      message: fc.string(),
      fromServer: fc.boolean(),
      cause: fc.anything(),
    });
    await checkProperty(
      fc.property(ends, (end) => {
        const error = errorOfStatus(end);
        assert(error instanceof RerankClientError);
        assert(error.message.length > 0 && error.code.length > 0);
      }),
    );
  });
});
