import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Exposure, warnOfExposure } from "../../../src/commands/serve/warn-of-exposure.ts";
import { createRecordingLogger } from "../../fakes/recording-logger.ts";

const tls = { certPath: "c", keyPath: "k", clientCaPath: undefined };

function warningsOf(config: Partial<Exposure>): string[] {
  const log = createRecordingLogger();
  const bare = { unixSocket: undefined, tls: undefined, apiKeys: [], apiKeysPath: undefined };
  warnOfExposure({ host: "0.0.0.0", ...bare, ...config }, log);
  assert(log.lines.every(({ level }) => level === "warn"));
  return log.lines.map(({ message }) => message);
}

suite("warnOfExposure()", () => {
  test("has a line for a missing key and one for missing TLS, with what to do", () => {
    const [key, plain, ...others] = warningsOf({});

    assert.match(key ?? "", /without an API key.*set --api-keys-file/);
    assert.match(plain ?? "", /without TLS.*set --tls-cert/);
    assert.deepEqual(others, []);
  });

  test("leaves out what is set", () => {
    assert.match(warningsOf({ apiKeys: ["k"] }).join(), /^listening beyond loopback without TLS/);
    assert.match(warningsOf({ tls }).join(), /^listening beyond loopback without an API key/);
    assert.deepEqual(warningsOf({ tls, apiKeysPath: "f" }), []);
    assert.deepEqual(warningsOf({ tls: { ...tls, clientCaPath: "ca" } }), []);
  });

  test("names an HTTP/2 library that a broken frame ends", () => {
    const guarded = { tls, apiKeys: ["k"] };
    for (const nghttp2Version of ["1.61.0", "1.68.0", "0.99.9"]) {
      assert.match(warningsOf({ ...guarded, nghttp2Version }).join(), /CVE-2026-27135/);
    }
    for (const nghttp2Version of ["1.68.1", "1.69.0", "2.0.0"]) {
      assert.deepEqual(warningsOf({ ...guarded, nghttp2Version }), []);
    }
  });

  test("says nothing of this machine alone", () => {
    for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) {
      assert.deepEqual(warningsOf({ host }), []);
    }
    assert.deepEqual(warningsOf({ unixSocket: "/run/rerankd.sock" }), []);
    assert.equal(warningsOf({ host: "127.evil.example" }).length, 2);
    assert.equal(warningsOf({ host: "::" }).length, 2);
  });
});
