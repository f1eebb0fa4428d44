import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { capTimeoutHeaders } from "../../../src/server/rpc/call-timeout.ts";

suite("capTimeoutHeaders()", () => {
  const maxTimerMs = 2 ** 31 - 1;
  const cases = [
    { name: "grpc-timeout", value: "8760H", maxMs: maxTimerMs, capped: "2147483S" },
    { name: "grpc-timeout", value: "61M", maxMs: 3_600_000, capped: "3600000m" },
    { name: "grpc-timeout", value: "3601S", maxMs: 3_600_000, capped: "3600000m" },
    { name: "grpc-timeout", value: "60M", maxMs: 3_600_000, capped: "60M" },
    { name: "grpc-timeout", value: "500u", maxMs: 1, capped: "500u" },
    { name: "grpc-timeout", value: "1500u", maxMs: 1, capped: "1m" },
    { name: "grpc-timeout", value: "99999999n", maxMs: 1_000, capped: "99999999n" },
    { name: "grpc-timeout", value: "soon", maxMs: 1, capped: "soon" },
    { name: "connect-timeout-ms", value: "9999999999", maxMs: maxTimerMs, capped: "2147483647" },
    { name: "connect-timeout-ms", value: "10", maxMs: 1_000, capped: "10" },
    { name: "connect-timeout-ms", value: "soon", maxMs: 1, capped: "soon" },
  ];
  for (const { name, value, maxMs, capped } of cases) {
    test(`makes ${capped} of ${name} ${value} where ${maxMs} ms are the most`, () => {
      const headers = new Headers({ [name]: value });

      capTimeoutHeaders(headers, maxMs);

      assert.equal(headers.get(name), capped);
    });
  }

  test("adds no deadline", () => {
    const headers = new Headers();

    capTimeoutHeaders(headers, 1);

    assert.deepEqual([...headers], []);
  });
});
