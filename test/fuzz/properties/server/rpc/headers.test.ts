import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { RerankRequestSchema } from "../../../../../gen/rerank/v1/rerank_service_pb.ts";
import { replaceLoneSurrogates } from "../../../../../src/server/http/json-fields.ts";
import { decodeErrorOf } from "../../../../../src/server/rpc/decode-error.ts";
import { createJsonDecoder } from "../../../../../src/server/rpc/rpc-router.ts";
import { capTimeoutHeaders } from "../../../../../src/server/rpc/rpc-target.ts";
import { encodeGrpcMessage } from "../../../../../src/server/rpc/wire/rpc-status.ts";
import { allowing, anyJson, checkProperty, damaged } from "../../check-property.ts";

/** Milliseconds in each unit of `grpc-timeout`. */
const unitMs: Readonly<Record<string, number>> = {
  H: 3.6e6,
  M: 6e4,
  S: 1e3,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

suite("properties of what calls of RPCs carry", () => {
  test("a deadline after the cap is at most the longest, whatever came", async () => {
    const visible = fc.stringMatching(/^[!-~]{0,12}$/);
    const timeouts = fc.oneof(visible, fc.stringMatching(/^\d{1,9}[HMSmun]$/));
    const headers = fc.constantFrom("grpc-timeout", "connect-timeout-ms");
    await checkProperty(
      fc.property(
        headers,
        timeouts,
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        (name, text, maxMs) => {
          const header = new Headers({ [name]: text });
          capTimeoutHeaders(header, maxMs);
          const capped = header.get(name) ?? "";
          const [, count, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(capped) ?? [];
          if (name === "grpc-timeout" && count) {
            assert(Number(count) * (unitMs[unit] ?? 0) <= maxMs, capped);
          }
          if (name !== "grpc-timeout" && /^\d+$/.test(capped)) assert(Number(capped) <= maxMs);
        },
      ),
    );
  });

  test("a message is printable ASCII, and comes back as Unicode has it", async () => {
    await checkProperty(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        const encoded = encodeGrpcMessage(message);
        assert.match(encoded, /^[\x20-\x7e]*$/);
        assert.equal(decodeURIComponent(encoded), message.toWellFormed());
      }),
    );
  });

  test("the text of a JSON message comes through, or is refused as a client's mistake", async () => {
    const decoder = createJsonDecoder(RerankRequestSchema);
    const texts = anyJson.map((value) => JSON.stringify({ long_documents: value, query: value }));
    await checkProperty(
      fc.property(fc.oneof(texts, damaged(texts)), (text) => {
        const decoded = allowing([ConnectError], () => decoder.decode(Buffer.from(text)));
        if (decoded === undefined) return;
        const sent = text.toWellFormed().replace(/^\ufeff/, "");
        assert.equal(decoded, replaceLoneSurrogates(sent));
      }),
    );
  });

  test("any error can be looked at", async () => {
    const errors = fc.oneof(
      anyJson,
      fc
        .tuple(fc.string(), fc.integer({ min: 1, max: 16 }), anyJson)
        .map(([message, code, cause]) => {
          return new ConnectError(message, code, undefined, undefined, cause);
        }),
    );
    await checkProperty(
      fc.property(errors, (error) => {
        const found = decodeErrorOf(error);
        assert(found === undefined || found instanceof ConnectError);
      }),
    );
  });
});
