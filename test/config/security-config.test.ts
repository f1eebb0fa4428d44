import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { clientOptionsFromEnv } from "../../client/src/node/environment.ts";
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
    const [first, second] = ["first-key", "second-key"];
    const list = `${first}, ${second}`;

    assert.deepEqual(serveConfig(["--api-key", first, `--api-key=${second}`]).apiKeys, [
      first,
      second,
    ]);
    assert.deepEqual(serveConfig([], { RERANKER_API_KEYS: list }).apiKeys, [first, second]);
    assert.equal(serveConfig(["--api-key-file=f"]).apiKeysPath, "f");
  });

  test("take a key of a flag, or of a variable for one, whole", () => {
    const key = "Zx9!,abcdef";

    assert.deepEqual(serveConfig(["--api-key", key]).apiKeys, [key]);
    assert.deepEqual(serveConfig([], { RERANKER_API_KEY: key }).apiKeys, [key]);
    assert.deepEqual(serveConfig([], { API_KEY: key }).apiKeys, [key]);
    assert.deepEqual(clientOptionsFromEnv({ RERANKER_API_KEY: key }).apiKey, key);
  });

  test("refuse a list without a key, which would let everybody in", () => {
    assert.deepEqual(serveProblems([], { RERANKER_API_KEYS: " , " }), [
      "RERANKER_API_KEYS must hold a key",
    ]);
    assert.deepEqual(serveProblems(["--api-key="]), ["--api-key must not be empty"]);
  });

  test("refuse a key that is short, or that no header carries, without repeating it", () => {
    const short = "must have at least 8 characters";

    assert.deepEqual(serveProblems(["--api-key", "Zx9!,ab"]), [`--api-key ${short}`]);
    assert.deepEqual(serveProblems([], { RERANKER_API_KEYS: "good-enough,Zx9" }), [
      `RERANKER_API_KEYS ${short}`,
    ]);
    assert.deepEqual(serveProblems(["--api-key", "secret käse"]), [
      "--api-key must be visible ASCII characters",
    ]);
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
