import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { serveConfig, serveProblems } from "./parsed.ts";

suite("the security options", () => {
  test("are off by default", () => {
    const { apiKeys, apiKeysPath, tls, corsOrigins, unixSocket, reflectionAccess } = serveConfig(
      [],
    );
    assert.equal(reflectionAccess, "open");

    assert.deepEqual(
      [apiKeys, apiKeysPath, tls, corsOrigins, unixSocket],
      [[], undefined, undefined, [], undefined],
    );
  });

  test("take keys from flags, and from the environment of TEI and of ours", () => {
    assert.deepEqual(serveConfig(["--api-key", "a", "--api-key=b"]).apiKeys, ["a", "b"]);
    assert.deepEqual(serveConfig([], { RERANKER_API_KEY: "a" }).apiKeys, ["a"]);
    assert.deepEqual(serveConfig([], { RERANKER_API_KEYS: "a, b" }).apiKeys, ["a", "b"]);
    assert.deepEqual(serveConfig([], { API_KEY: "a" }).apiKeys, ["a"]);
    assert.equal(serveConfig(["--api-key-file=f"]).apiKeysPath, "f");
  });

  test("refuse a list without a key, which would let everybody in", () => {
    assert.deepEqual(serveProblems([], { RERANKER_API_KEYS: " , " }), [
      "--api-key must hold a key",
    ]);
    assert.deepEqual(serveProblems(["--api-key", ","]), ["--api-key must hold a key"]);
    assert.equal(serveProblems(["--api-key="])[0], "--api-key must not be empty");
  });

  test("refuse a key that no header carries, without repeating it", () => {
    const found = serveProblems(["--api-key", "secret käse"]);

    assert.deepEqual(found, ["--api-key must be visible ASCII characters"]);
  });

  test("refuse TLS that is incomplete, and TLS on a Unix socket", () => {
    const pair = ["--tls-cert=c", "--tls-key=k"];

    assert.equal(serveProblems(["--tls-key=k"]).length, 1);
    assert.equal(serveProblems(["--tls-client-ca=a"]).length, 1);
    assert.equal(serveProblems([...pair, "--unix-socket=/s"]).length, 1);
    assert.deepEqual(serveConfig([...pair, "--tls-client-ca=a"]).tls, {
      certPath: "c",
      keyPath: "k",
      clientCaPath: "a",
    });
  });

  test("refuse an origin that no browser sends", () => {
    const good = ["*", "https://app.example", "http://localhost:3000", "http://[::1]:3000"];
    const bad = [
      "https://app.example/",
      "app.example",
      "https://App.example",
      "null",
      "https://*.a",
    ];

    assert.deepEqual(
      serveConfig(good.map((origin) => `--cors-origin=${origin}`)).corsOrigins,
      good,
    );
    assert.equal(serveProblems(bad.map((origin) => `--cors-origin=${origin}`)).length, bad.length);
  });
});
